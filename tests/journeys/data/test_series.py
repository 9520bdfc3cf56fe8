"""A device over time: a range by keyboard and by dragging, a new value without reloading, a comparison."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.models import User
from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.domain.folding import hours_fold
from tests.cast import make_cast
from tests.factories.devices import DeviceFactory
from tests.factories.series import hours_add, uplinks_add
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def filled(device: Device) -> None:
    """Readings of a day with a hole of some hours, and hours of a hundred days."""
    now = clock.now()
    times = [now - 10 * MINUTE * n for n in range(1, 140) if not 60 < n < 80]
    uplinks_add(device, [(time, {"level": 1 + time.hour / 24}) for time in sorted(times)])
    start = (now - 100 * DAY).replace(minute=0, second=0, microsecond=0)
    hours_add(device, start, [{"level": [6, 0.9, 1.4, 6.6, 1.1]}] * 24 * 98)
    hours_fold()


def signed_in(stage: Stage, variant: Variant, user: User) -> Person:
    person = stage.person("engineer", variant)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    value = client.cookies["sessionid"].value
    person.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": stage.url}])
    return person


def asked(person: Person) -> dict[str, list[str]]:
    return parse_qs(urlsplit(person.page.url).query)


@pytest.mark.variants("desktop-ja")
def test_series_by_keyboard_and_by_dragging(stage: Stage, variant: Variant) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization)
    device, other = (DeviceFactory.create(trial=trial, name=name) for name in ("WL-03", "WL-04"))
    for one in (device, other):
        filled(one)
    engineer = signed_in(stage, variant, cast.colleague)
    engineer.goto(device.get_absolute_url())
    engineer.page.locator("#device-chart canvas").wait_for()
    engineer.look("series-day")
    moves_by_keyboard(engineer)
    drags(engineer)
    follows(engineer, device)
    engineer.goto(f"/o/{cast.organization.pk}/trials/{trial.code}/compare/?range=month")
    engineer.page.locator("#compare-chart canvas").wait_for()
    engineer.look("series-compare")


def moves_by_keyboard(engineer: Person) -> None:
    page = engineer.page
    engineer.tab_to("a[href*='range=year']")
    engineer.press("Enter")
    page.wait_for_url("**range=year**")
    engineer.see_message("Mean of each day; the band reaches from the lowest to the highest.")
    engineer.look("series-year")
    engineer.tab_to("#device-chart")
    engineer.press("+")
    page.wait_for_url("**since=**")
    # The chart that took its place has the focus still: the next key goes on from there.
    page.wait_for_function("document.activeElement.id === 'device-chart'")
    first = asked(engineer)["since"][0]
    engineer.press("ArrowLeft")
    page.wait_for_url(lambda address: first not in address.replace("%3A", ":"))
    page.wait_for_function("document.activeElement.id === 'device-chart'")
    engineer.tab_to("#id_since")
    engineer.tab_to("#range-show")


def drags(engineer: Person) -> None:
    page = engineer.page
    engineer.tap("a[href*='range=month']")
    box = page.locator("#device-chart .u-over").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=4)
    page.mouse.up()
    page.wait_for_url("**since=**")
    since, until = (asked(engineer)[name][0] for name in ("since", "until"))
    assert since < until < clock.now().isoformat()
    page.locator("#device-chart canvas").wait_for()


def follows(engineer: Person, device: Device) -> None:
    """What came since stands there without loading the page again; a page in the background asks nothing."""
    page = engineer.page
    engineer.goto(device.get_absolute_url())
    page.evaluate("window.stays = true")
    uplinks_add(device, [(clock.now(), {"level": 7.77})])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator("#now").get_by_text("7.77").wait_for()
    assert page.evaluate("window.stays")
