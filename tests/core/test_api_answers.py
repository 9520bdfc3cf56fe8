"""What every answer of the API has: ETag, compression, language; and refusals before anything is read."""

from __future__ import annotations

import gzip
import json
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from apps.core.api.parameters import parameters_of_operation
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory
from tests.telemetry.test_api import key_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def bearer(cast: Cast) -> dict[str, str]:
    trial = TrialFactory.create(organization=cast.organization, code="2025-101")
    DeviceFactory.create(trial=trial)
    scopes = ("read:data", "read:devices", "write:devices")
    return {"Authorization": f"Bearer {key_for(cast.organization, scopes)[1]}"}


def get(path: str, bearer: dict[str, str], **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client().get(f"/api/v1/{path}", headers={**bearer, **named})


@pytest.mark.parametrize("path", ["devices", "latest", "quotas", "trials", "device-models"])
def test_every_answer_has_an_etag_and_is_sent_once(path: str, bearer: dict[str, str]) -> None:
    first = get(path, bearer)
    assert first["Cache-Control"] == "private, no-cache"
    again = get(path, bearer, If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert get(path, bearer, If_None_Match='"other"').status_code == 200
    assert [name for name in again.headers if name.startswith("RateLimit")]


@pytest.mark.parametrize(
    "path", ["trials?phase=", "devices?registration=", "trials?phase=nothing", "trials?limit="]
)
def test_a_choice_or_a_number_is_not_nothing(path: str, bearer: dict[str, str]) -> None:
    """An empty one would else look as if it had been asked for."""
    answer = get(path, bearer)
    assert answer.status_code == 422
    assert [row["in"] for row in answer.json()["errors"]] == ["query"]


def test_a_change_changes_the_etag(bearer: dict[str, str], cast: Cast) -> None:
    first = get("devices", bearer)
    DeviceFactory.create(trial__organization=cast.organization)
    assert get("devices", bearer, If_None_Match=first["ETag"]).status_code == 200


@pytest.mark.parametrize(
    ("encoding", "read"), [("gzip", gzip.decompress), ("br, gzip", brotli.decompress), ("", bytes)]
)
def test_answers_are_compressed(encoding: str, read: Any, bearer: dict[str, str]) -> None:
    plain = get("devices", bearer)
    answer = get("devices", bearer, Accept_Encoding=encoding)
    assert json.loads(read(answer.content)) == plain.json()
    assert answer.get("Content-Encoding", "") == encoding.partition(",")[0]
    assert {"Accept-Encoding", "Authorization", "Accept-Language"} <= set(answer["Vary"].split(", "))
    weak = answer["ETag"]
    assert weak.startswith("W/") == bool(encoding)
    assert get("devices", bearer, Accept_Encoding=encoding, If_None_Match=weak).status_code == 304


@pytest.mark.parametrize(
    ("wanted", "language", "words"),
    [
        ("en-GB,ja;q=0.5", "en", "There is no such device."),
        ("fr", "ja", "その機器は"),
        ("", "ja", "その機器は"),
        ("x" * 9000, "ja", "その機器は"),
    ],
)
def test_words_are_in_the_language_asked_for(
    wanted: str, language: str, words: str, bearer: dict[str, str]
) -> None:
    answer = get("devices/7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11", bearer, Accept_Language=wanted)
    assert (answer.status_code, answer["Content-Language"]) == (404, language)
    assert answer.json()["detail"].startswith(words)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b'{"name": "' + b"x" * 5 * 1024 * 1024 + b'"}', "application/json", 413, "body_too_large"),
        (b'{"name": "\xff\xfe"}', "application/json", 400, "parse_error"),
        (b"[" * 100_000, "application/json", 400, "parse_error"),
        (b'{"a": ' * 900 + b"1" + b"}" * 900, "application/json", 400, "parse_error"),
        (b'{"a": ' * 30 + b"1" + b"}" * 30, "application/json", 422, "invalid"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"name": NaN}', "application/json", 400, "parse_error"),
    ],
)
def test_a_bad_body_is_refused(
    body: bytes, kind: str, status: int, code: str, bearer: dict[str, str]
) -> None:
    for extra in ({}, {"Idempotency-Key": "a"}):
        answer = Client().post("/api/v1/devices", body, content_type=kind, headers={**bearer, **extra})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_unknown_fields_are_named(bearer: dict[str, str]) -> None:
    told = {"trail": "2025-101", "name": "W", "dev_eui": "1", "x" * 10_000: 1}
    answer = Client().post("/api/v1/devices", told, content_type="application/json", headers=bearer)
    rows = answer.json()["errors"]
    assert [(row["in"], row["pointer"][:10], row["code"]) for row in rows] == [
        ("body", "/trail", "unknown_field"),
        ("body", "/xxxxxxxxx", "unknown_field"),
    ]


@pytest.mark.parametrize(
    ("query", "names", "nearest"),
    [
        ("latest?trail=2025-101", ["trail"], "trial"),
        ("uplinks?Since=2026-01-01&untill=2026-01-02&limit=1", ["Since", "untill"], "since"),
        ("trials?format=csv", ["format"], None),
        ("devices?a/b=1&%00=2", ["a~1b", "\0"], None),
        ("key?fields=name", ["fields"], None),
        ("calls?" + "x" * 9000, ["x" * 40], None),
    ],
)
def test_a_parameter_that_the_operation_does_not_have_is_refused(
    query: str, names: list[str], nearest: str | None, bearer: dict[str, str]
) -> None:
    answer = get(query, bearer)
    body = answer.json()
    assert (answer.status_code, body["code"], body["nearest"]) == (400, "unknown_parameter", nearest)
    assert [(row["in"], row["pointer"]) for row in body["errors"]] == [
        ("query", f"/{name}") for name in names
    ]
    assert body["parameter"].replace("/", "~1") == names[0]
    assert "RateLimit" in answer.headers  # such a call takes from the limits
    assert Client().head(f"/api/v1/{query}", headers=bearer).status_code == 400


def test_every_operation_refuses_what_its_schema_does_not_tell_of() -> None:
    """What is read operation by operation is what the whole schema tells."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    whole, told = generator.get_schema(request=None, public=True)["paths"], 0
    for path, _pattern, method, callback in generator.endpoints:
        operation = whole.get(path.replace("{pk}", "{id}"), {}).get(method.lower())
        rows = operation.get("parameters", ()) if operation else ()
        names = {row["name"] for row in rows if row["in"] == "query"} if operation else None
        assert parameters_of_operation(callback.cls, method) == names, path
        assert operation is None or "400" in operation["responses"], path
        told += operation is not None
    assert told > 40


@pytest.mark.parametrize("path", ["devices/{}", "devices/{}/uplinks", "trials/{}/quotas", "trials/{}"])
def test_a_long_id_is_not_found(path: str, bearer: dict[str, str]) -> None:
    answer = get(path.format("x" * 10_000), bearer)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
