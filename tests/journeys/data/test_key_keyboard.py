"""A key of the API with the keyboard alone: made, copied, read by a program, revoked."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from tests.cast import make_cast
from tests.factories.trials import TrialFactory
from tests.journeys.data.test_docs_key import signed_in
from tests.journeys.stage import Person, Stage, Variant


@pytest.mark.variants("desktop-ja")
def test_key_by_keyboard_alone(stage: Stage, variant: Variant) -> None:
    """After the first address nothing but ``page.keyboard``."""
    cast = make_cast()
    TrialFactory.create(organization=cast.organization, code="2026-015")
    engineer = stage.person("engineer", variant)
    signed_in(engineer, cast.colleague)
    engineer.goto(f"/o/{cast.organization.pk}/keys/")
    engineer.tab_to("main a.button-primary")
    engineer.enter()
    engineer.write("name", "集計サーバー")
    engineer.tick_by_key("scopes")
    engineer.tab_to("input[name=lifetime][value='90']")
    engineer.tab_to("main form .button-primary")
    engineer.enter()
    key = copies(engineer)
    assert status(engineer, key) == 200
    revokes(engineer)
    assert status(engineer, key) == 401


def copies(engineer: Person) -> str:
    """The key of the page that shows it once; then on to the list, which does not."""
    key = engineer.page.locator("#new-key").input_value()
    engineer.tab_to("[data-copy=new-key]")
    engineer.press("Enter")
    engineer.page.locator("[data-copy-status]:not(:empty)").wait_for()
    engineer.tab_to("main a[href$='/keys/']")
    engineer.enter()
    assert key not in engineer.page.content()
    return key


def revokes(engineer: Person) -> None:
    engineer.tab_to("main .button-danger")
    engineer.enter()
    engineer.tab_to("main form button[type=submit]")
    engineer.look("key-revoke")
    engineer.enter()
    engineer.see_message("revoked")


def status(engineer: Person, key: str) -> int:
    """What the API says to a program with ``key``."""
    request = urllib.request.Request(
        f"{engineer.stage.url}/api/v1/key", headers={"Authorization": f"Bearer {key}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
