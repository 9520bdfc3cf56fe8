from __future__ import annotations

import re
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import Client, override_settings

from apps.core.logging import configure
from apps.core.middleware import content_security_policy

pytestmark = [pytest.mark.urls("tests.core.urls"), pytest.mark.django_db]


def test_policy_is_the_one_of_the_design() -> None:
    assert content_security_policy() == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )


@override_settings(MAP_TILES_URL="https://tiles.example:8443/{z}/{x}/{y}.png?key=1")
def test_policy_names_the_origin_of_configured_tiles() -> None:
    policy = content_security_policy()
    assert "img-src 'self' data: blob: https://tiles.example:8443;" in policy
    assert "connect-src 'self' https://tiles.example:8443;" in policy


@pytest.mark.parametrize(
    "path", ["/kept/", "/healthz", "/nowhere/", "/api/v1/nowhere", "/refused/NotAllowed/"]
)
def test_headers_are_on_every_answer(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Content-Security-Policy"] == content_security_policy()
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-Id"])


def test_headers_are_on_an_unexpected_error_too(client: Client) -> None:
    client.raise_request_exception = False
    answer = client.get("/broken/")
    assert answer.status_code == 500
    assert b"planted" not in answer.content
    assert answer["Content-Security-Policy"] == content_security_policy()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("proxy-id-123", True),
        ("short", False),
        ("x" * 65, False),
        ("a b c d e f", False),
        ("<script>1234", False),
    ],
)
def test_id_of_a_proxy_is_kept_when_it_is_one(client: Client, given: str, kept: bool) -> None:
    assert (client.get("/healthz", headers={"x-request-id": given})["X-Request-Id"] == given) is kept


def _logged(client: Client, path: str) -> dict[str, Any]:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        client.get(path, headers={"x-request-id": "proxy-id-123"})
    (line,) = [line for line in lines if line["event"] == "request"]
    return dict(line)


def test_a_process_that_is_set_up_again_writes_its_lines_as_before(client: Client) -> None:
    """A server's entry point sets Django up; loggers that wrote before must not keep what was then."""
    _logged(client, "/refused/NotAllowed/")
    configure(settings.LOGGING)
    assert _logged(client, "/refused/NotAllowed/")["status"] == 403


def test_one_line_tells_of_a_request_by_its_route(client: Client) -> None:
    line = _logged(client, "/refused/NotAllowed/?token=secret")
    assert (line["method"], line["route"], line["status"], line["request_id"]) == (
        "GET",
        "refused/<str:name>/",
        403,
        "proxy-id-123",
    )
    assert line["ms"] >= 0
    assert "secret" not in str(line)


@pytest.mark.parametrize(
    ("name", "status"),
    [("NotFound", 404), ("NotAllowed", 403), ("Conflict", 409), ("InvalidInput", 422), ("DomainError", 400)],
)
def test_refusal_becomes_a_page_with_its_words(client: Client, name: str, status: int) -> None:
    answer = client.get(f"/refused/{name}/")
    assert answer.status_code == status
    if status != 404:
        assert "この口は閉じています。" in answer.content.decode()
