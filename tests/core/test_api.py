from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.core.api import ClientThrottle

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
        {"pointer": "/name", "detail": "短すぎます。", "code": "invalid"}
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
    assert client.get("/api/v1/listing", {"cursor": cursor}).status_code in (200, 404)


@pytest.mark.parametrize("limit", ["0", "-1", "abc", "99999999999999999999", "1e3", "٣"])
def test_odd_limit_is_no_error_of_ours(client: Client, limit: str) -> None:
    assert client.get("/api/v1/listing", {"limit": limit}).status_code == 200


def test_the_address_that_counts_is_not_what_a_visitor_writes() -> None:
    """Otherwise a new X-Forwarded-For with each request would be a new count."""
    throttle = ClientThrottle()
    keys = set()
    for forged in ("203.0.113.1", "203.0.113.2, 198.51.100.9"):
        request = APIRequestFactory().get("/", HTTP_X_FORWARDED_FOR=forged, REMOTE_ADDR="192.0.2.7")
        keys.add(throttle.get_cache_key(Request(request), APIView()))
    assert len(keys) == 1
    assert "192.0.2.7" in keys.pop()
