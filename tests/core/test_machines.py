from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import OperationalError, connection
from django.test import Client, override_settings

from apps.core import site
from apps.core.models import SiteSettings
from apps.core.registry import readiness, register_readiness
from tests.core.test_cache import DEAD

pytestmark = pytest.mark.django_db


def test_healthz_needs_nothing(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert client.post("/healthz").status_code == 405


def test_readyz_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert {"database": "ok", "redis": "ok"}.items() <= answer.json().items()


def test_readyz_says_503_when_postgresql_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise OperationalError("connection refused: host=secret")

    monkeypatch.setattr(connection, "cursor", down)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "OperationalError")
    assert b"secret" not in answer.content


@override_settings(CACHES=DEAD)
def test_readyz_is_ready_without_redis_and_says_so(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["redis"] != "ok"


def test_readyz_reports_what_apps_register(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError

    monkeypatch.setitem(_readiness(), "broker", broken)
    assert client.get("/readyz").json()["broker"] == "RuntimeError"


def _readiness() -> dict[str, object]:
    register_readiness("broker", lambda: None)
    assert "broker" in readiness()
    from apps.core.registry import _registry

    return _registry.readiness  # type: ignore[return-value]


def test_metrics_are_for_this_machine_only(client: Client) -> None:
    assert b"django_http_requests" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    for header in ("x-forwarded-for", "forwarded", "x-real-ip", "via"):
        assert client.get("/metrics", headers={header: "192.0.2.7"}).status_code == 404


@override_settings(METRICS_TOKEN="t0ken")
def test_metrics_with_a_token_are_for_its_bearer_only(client: Client) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer t0kem"}).status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer トークン"}).status_code == 404
    answer = client.get("/metrics", headers={"authorization": "Bearer t0ken"}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200


def test_theme_carries_the_colour_of_the_city(client: Client) -> None:
    assert client.get("/theme.css").content == b""
    SiteSettings(key_colour="#8a1c1c").save()
    site.forget()
    answer = client.get("/theme.css")
    assert answer.content == b":root{--key:#8a1c1c;--key-pressed:#671515}"
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert not answer.cookies


@pytest.mark.parametrize("colour", ["", "red}", "#12345"])
def test_theme_is_empty_without_a_colour_that_is_one(client: Client, colour: str) -> None:
    SiteSettings(key_colour=colour).save()
    site.forget()
    assert client.get("/theme.css").content == b""


def test_logo_is_served_and_missing_without_or_when_its_file_is_gone(client: Client, tmp_path: Path) -> None:
    assert client.get("/site-logo").status_code == 404
    with override_settings(MEDIA_ROOT=tmp_path):
        SiteSettings(logo=ContentFile(b"png", name="a.png")).save()
        site.forget()
        answer = client.get("/site-logo")
        assert (answer.content, answer["Content-Type"]) == (b"png", "image/png")
        for file in tmp_path.rglob("*.png"):
            file.unlink()
        assert client.get("/site-logo").status_code == 404


def test_every_navigation_entry_leads_somewhere(client: Client) -> None:
    from django.urls import reverse

    from apps.core.registry import nav

    for item in nav():
        assert client.get(reverse(item.url_name)).status_code == 200, item
    assert settings.LOGIN_URL
