"""The engineer makes a key for an hour on the API's page, runs its own curl line, sends from the page."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.models import User
from apps.core import clock
from apps.devices.models import Device
from tests.cast import make_cast
from tests.factories.devices import DeviceFactory
from tests.factories.series import uplinks_add
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant

PAGE = "/developers/api/devices_latest_get/"


@pytest.mark.variants("desktop-ja", "phone-en")
def test_docs_key_and_the_pages_own_curl_line(stage: Stage, variant: Variant) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    device = DeviceFactory.create(trial=trial, name="WL-03")
    DeviceFactory.create(trial=trial, name="WL-04")
    uplinks_add(device, [(clock.now() - timedelta(minutes=3), {"level": 1.12})])
    engineer = stage.person("engineer", variant)
    signed_in(engineer, cast.colleague)
    engineer.goto("/developers/")
    engineer.look("developers")
    engineer.goto(PAGE)
    makes_a_key(engineer, device)
    runs_the_line(engineer)
    sends_from_the_page(engineer)
    goes_on_with_the_same_key(engineer, device)
    keeps_it_nowhere(engineer)
    puts_an_id_in_the_place_of_a_word(engineer)


def signed_in(someone: Person, user: User) -> None:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    someone.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": someone.stage.url}]
    )


def curl_line(engineer: Person) -> str:
    return engineer.page.locator("#code-curl").text_content() or ""


def makes_a_key(engineer: Person, device: Device) -> None:
    assert str(device.pk) in curl_line(engineer)
    assert "$MACHITRY_KEY" in curl_line(engineer)
    engineer.page.locator("[data-docs-key] button").click()
    engineer.page.locator("[data-docs-key-made]").wait_for()
    assert "$MACHITRY_KEY" not in curl_line(engineer)


def runs_the_line(engineer: Person) -> None:
    """The very text of the page, in a shell."""
    done = subprocess.run(["/bin/sh", "-c", curl_line(engineer)], capture_output=True, timeout=30, check=True)
    assert json.loads(done.stdout)["values"] == {"level": 1.12}


def sends_from_the_page(engineer: Person) -> None:
    page = engineer.page
    page.locator("[data-try] button[type=submit]").click()
    page.locator("[data-try-answer]").wait_for()
    assert (page.locator("[data-try-code]").text_content() or "").startswith("200")
    assert '"level": 1.12' in (page.locator("[data-try-body]").text_content() or "")
    assert "RateLimit" in (page.locator("[data-try-limit]").text_content() or "")
    engineer.look("developers-tried")


def goes_on_with_the_same_key(engineer: Person, device: Device) -> None:
    """Another language of the examples by keyboard, another device, another operation: the key stays."""
    page = engineer.page
    page.locator("[role=tab]").first.focus()
    page.keyboard.press("ArrowRight")
    assert 'key = "mty' in (page.locator("#code-python").text_content() or "")
    other = Device.objects.exclude(pk=device.pk).get()
    page.locator("[data-chooser] select").select_option(str(other.pk))
    page.wait_for_url(f"**{PAGE}?device={other.pk}")
    if engineer.variant.device == "phone":
        page.locator("[data-api-open]").click()
    page.locator("[data-api-search] input").fill("series")
    page.locator("[data-api-nav] a[href$='devices_series_get/']").click()
    page.locator("[data-operation=devices_series_get]").wait_for()
    python = page.locator("#code-python")
    assert python.is_visible()
    assert f"/devices/{other.pk}/series" in (python.text_content() or "")
    assert 'key = "mty' in (python.text_content() or "")
    page.locator("[data-try] input[name=fields]").fill("level")
    assert "fields=level" in (python.text_content() or "")
    page.go_back()
    page.locator("[data-operation=devices_latest_get]").wait_for()


def keeps_it_nowhere(engineer: Person) -> None:
    page = engineer.page
    key = page.locator("#docs-key").input_value()
    assert key.startswith("mty")
    stored = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    assert key not in stored
    page.locator("[data-docs-key-forget]").click()
    assert "$MACHITRY_KEY" in curl_line(engineer)
    page.reload()
    assert key not in page.content()


def puts_an_id_in_the_place_of_a_word(engineer: Person) -> None:
    """There is no export yet: the line says so, and its field is empty until somebody types an id."""
    engineer.goto("/developers/api/exports_get/")
    field = engineer.page.locator("[data-try] input[name=id]")
    assert field.input_value() == ""
    assert "/exports/EXPORT-ID'" in curl_line(engineer)
    field.fill("abc")
    assert "/exports/abc'" in curl_line(engineer)
    field.fill("")
    assert "/exports/EXPORT-ID'" in curl_line(engineer)
    engineer.look("developers-placeholder")
