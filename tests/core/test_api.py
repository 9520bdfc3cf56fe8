from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client

pytestmark = [pytest.mark.urls("tests.core.urls"), pytest.mark.django_db]
PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("http404", 404, "not_found"),
        ("denied", 403, "permission_denied"),
        ("quota", 409, "quota_full"),
        ("fields", 422, "invalid"),
        ("model", 422, "invalid"),
        ("throttled", 429, "throttled"),
    ],
)
def test_refusal_is_a_problem_with_a_stable_code(client: Client, kind: str, status: int, code: str) -> None:
    answer = client.get(f"/api/v1/refusal/{kind}")
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:machitry:problem:{code}")
    assert body["title"]


def test_problem_carries_what_helps(client: Client) -> None:
    assert client.get("/api/v1/refusal/quota").json()["limit"] == 3
    assert client.get("/api/v1/refusal/fields").json()["errors"] == [
        {"in": "query", "pointer": "/name", "detail": "短すぎます。", "code": "invalid"}
    ]
    assert client.get("/api/v1/refusal/model").json()["errors"][0]["pointer"] == "/name"
    assert client.get("/api/v1/refusal/throttled")["Retry-After"] == "13"


def _post(client: Client, body: bytes, content_type: str = "application/json") -> tuple[int, Any]:
    answer = client.post("/api/v1/refusal/x", body, content_type=content_type)
    return answer.status_code, answer.json()


def test_wrong_fields_are_pointed_at(client: Client) -> None:
    status, body = _post(client, json.dumps({"name": "123456", "count": "many"}).encode())
    assert status == 422
    assert [row["pointer"] for row in body["errors"]] == ["/name", "/count"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[]", b"null", b'{"name": "\\ud800", "count": 1e999}', b"[" * 9000]
)
def test_body_that_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    status, problem = _post(client, body)
    assert status in (400, 422)
    assert problem["code"] in ("parse_error", "invalid")


def test_other_content_type_and_method_are_refused(client: Client) -> None:
    assert _post(client, b"<a/>", "text/xml")[0] == 415
    answer = client.delete("/api/v1/refusal/x")
    assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)


def test_view_without_declared_scopes_serves_nobody(client: Client) -> None:
    assert client.get("/api/v1/undeclared").status_code in (401, 403)


def test_unknown_address_and_unexpected_error_are_problems(client: Client) -> None:
    answer = client.get("/api/v1/no/such/thing")
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (404, PROBLEM, "not_found")
    client.raise_request_exception = False
    answer = client.get("/api/v1/broken")
    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    answer = client.get("/api/v1/refusal/planted")
    assert (answer.status_code, b"planted" in answer.content) == (500, False)


def _cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        _cursor("p=abc"),
        _cursor("p=\x00"),
        _cursor("o=99999999999"),
        _cursor("r=1&p=9999-99-99"),
        "あ" * 500,
    ],
)
def test_forged_cursor_is_no_error_of_ours(client: Client, cursor: str) -> None:
    answer = client.get("/api/v1/listing", {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("limit", ["0", "-1", "abc", "99999999999999999999", "1e3", "٣"])
def test_odd_limit_is_refused_with_its_place(client: Client, limit: str) -> None:
    answer = client.get("/api/v1/listing", {"limit": limit})
    assert answer.status_code == 422
    assert [(row["in"], row["pointer"]) for row in answer.json()["errors"]] == [("query", "/limit")]
