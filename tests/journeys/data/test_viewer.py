"""A viewer can look, not touch: every list of the workspace is there, no act is, and its address refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.apikeys.domain import api_key_create
from apps.apikeys.enums import Scope
from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.models import AlertEpisode, AlertRule, Dashboard, DashboardTile
from tests.cast import Cast, make_cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.exports import asked
from tests.factories.series import uplinks_add
from tests.factories.trials import TrialFactory
from tests.factories.webhooks import EndpointFactory, message
from tests.journeys.data.test_docs_key import signed_in
from tests.journeys.stage import Person, Stage, Variant

#: Lists of the organization and of the trial, with what stands in each.
LISTS = (
    ("keys/", "集計サーバー"),
    ("webhooks/", "社内の通知"),
    ("exports/", "2026-015"),
    ("trials/2026-015/", "WL-03"),
    ("trials/2026-015/alerts/", "水位が高い"),
    ("trials/2026-015/dashboards/", "橋の見張り"),
)
ACTS = ("keys/new/", "webhooks/new/", "trials/2026-015/alerts/new/", "trials/2026-015/devices/new/")


def workspace(cast: Cast) -> Device:
    """One of each that the viewer comes to see."""
    company, now = cast.organization, clock.now()
    trial = TrialFactory.create(organization=company, code="2026-015")
    device = DeviceFactory.create(trial=trial, name="WL-03", model=CodecVersionFactory.create().model)
    partitions.partitions_ahead()
    uplinks_add(device, [(now - timedelta(minutes=9 - n), {"level": 1.4 + n / 10}) for n in range(3)])
    api_key_create(organization=company, actor=cast.owner, name="集計サーバー", scopes=[Scope.READ_DATA])
    message(EndpointFactory.create(organization=company, name="社内の通知"))
    threshold = {"kind": "threshold", "field": "level", "direction": "above", "limit": 1.5, "tried_at": now}
    rule = AlertRule.objects.create(organization=company, trial=trial, name="水位が高い", **threshold)
    AlertEpisode.objects.create(rule=rule, device=device, began_at=now, value=1.6, worst=1.6)
    board = Dashboard.objects.create(organization=company, trial=trial, name="橋の見張り")
    DashboardTile.objects.create(dashboard=board, kind="text", text="毎朝ご覧ください。")
    asked(device, cast.owner)
    return device


@pytest.mark.variants("desktop-ja")
def test_viewer_looks_at_everything_and_changes_nothing(stage: Stage, variant: Variant) -> None:
    cast = make_cast()
    device = workspace(cast)
    viewer = stage.person("viewer", variant)
    signed_in(viewer, cast.reader)
    home = f"/o/{cast.organization.pk}/"
    for path, words in LISTS:
        viewer.goto(home + path)
        viewer.page.get_by_text(words).first.wait_for()
        finds_no_act(viewer)
        viewer.look(f"viewer-{path.strip('/').rpartition('/')[2]}")
        if path != "exports/":
            viewer.page.locator("main").get_by_role("link", name=words).first.click()
            finds_no_act(viewer)
    viewer.goto(f"{home}devices/{device.pk}/")
    finds_no_act(viewer)
    for path in ACTS:
        is_refused(viewer, home + path)
    viewer.look("viewer-refused")


def finds_no_act(viewer: Person) -> None:
    """No form that sends anything, no button but those that only show, no way to a page of acts."""
    viewer.settle()
    page = viewer.page
    assert page.locator("main form[method=post], main [hx-post]").count() == 0, page.url
    assert page.locator("main .button-primary, main .button-danger").count() == 0, page.url
    ways = ("new", "edit", "settings", "revoke", "replace", "remove", "keys/new", "links")
    for way in ways:
        assert page.locator(f"main a[href$='/{way}/']").count() == 0, f"{page.url}: {way}"


def is_refused(viewer: Person, address: str) -> None:
    answer = viewer.page.goto(viewer.path(address))
    assert answer
    assert answer.status == 403
    assert viewer.page.locator("main h1").inner_text()
    assert viewer.page.locator("main p").first.inner_text().endswith(("。", "."))
