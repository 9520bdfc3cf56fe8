"""A rule on states is tried on the past: the states are made again from what is stored."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from apps.devices.enums import CodecState
from apps.telemetry.domain.alerts_live import alerts_tick
from apps.telemetry.enums import AlertKind
from apps.telemetry.models import AlertEpisode, DeviceEvent
from apps.telemetry.selectors import alert_past
from apps.telemetry.selectors.alert_past import Tried, can_try, rule_tried, untold_states
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.telemetry.alerts.conftest import Scene
from tests.telemetry.alerts.test_live import hear

pytestmark = pytest.mark.django_db


def note(scene: Scene, minutes: float, kind: str, **data: Any) -> DeviceEvent:
    return DeviceEvent.objects.create(
        organization_id=scene.device.organization_id, event_id=uuid.uuid4(), time=scene.at(minutes),
        received_at=scene.at(minutes), trial_id=scene.device.trial_id, device_id=scene.device.pk,
        kind=kind, data=data,
    )  # fmt: skip


def seen(scene: Scene, tried: Tried) -> list[tuple[str, float, float | None]]:
    """State, beginning and end of each alert in minutes of the scene, the oldest first."""
    minutes = [
        (one.state, (one.began_at - scene.now).total_seconds() / 60, one.ended_at)
        for one in reversed(tried.alerts)
    ]
    return [
        (state, round(began), end and round((end - scene.now).total_seconds() / 60))
        for state, began, end in minutes
    ]


def test_late_and_silent_are_found_where_nothing_came(scene: Scene) -> None:
    """Every ten minutes, then an hour of nothing: late after 20, silent after 30 minutes."""
    for minutes in (*range(-600, -300, 10), *range(-240, 0, 10)):
        scene.uplink(minutes, 1.0)
    late = scene.rule(AlertKind.STATE, states=["late"], on=False)
    assert seen(scene, rule_tried(late, days=1, now=scene.now)) == [("late", -290, -280)]
    silent = scene.rule(AlertKind.STATE, states=["silent"], on=False)
    assert seen(scene, rule_tried(silent, days=1, now=scene.now)) == [("silent", -280, -240)]
    long = scene.rule(AlertKind.STATE, states=["silent"], minutes=60, on=False)
    assert rule_tried(long, days=1, now=scene.now).alerts == []


def test_a_state_that_began_before_the_stretch_is_still_open(scene: Scene) -> None:
    scene.uplink(-3 * 1440, 1.0)
    rule = scene.rule(AlertKind.STATE, states=["silent"], on=False)
    assert seen(scene, rule_tried(rule, days=1, now=scene.now)) == [("silent", -3 * 1440 + 30, None)]


def test_what_the_network_server_noted_counts(scene: Scene) -> None:
    states = ["keys_wrong", "battery_low", "decode_failed", "over_quota"]
    rule = scene.rule(AlertKind.STATE, states=states, on=False)
    note(scene, -300, "log", code="UPLINK_MIC", description="")
    note(scene, -290, "join")
    for minutes in range(-290, 0, 10):
        scene.uplink(minutes, 1.0, state="failed" if -200 <= minutes < -150 else "decoded")
    note(scene, -95, "status", batteryLevel=12)
    note(scene, -55, "status", batteryLevel=80)
    found = seen(scene, rule_tried(rule, days=1, now=scene.now))
    assert found == [("keys_wrong", -300, -290), ("decode_failed", -200, -150), ("battery_low", -95, -55)]


def test_over_the_daily_number_ends_with_the_day(scene: Scene) -> None:
    """The scene's present is noon in Japan; midnight was 720 minutes ago."""
    scene.uplink(-725, 1.0, state="over_quota")
    rule = scene.rule(AlertKind.STATE, states=["over_quota"], on=False)
    assert seen(scene, rule_tried(rule, days=1, now=scene.now)) == [("over_quota", -725, -720)]


def test_a_stopped_codec_counts_from_when_it_stopped(scene: Scene) -> None:
    codec = CodecVersionFactory.create(
        model=scene.device.model, version=9, state=CodecState.QUARANTINED, stopped_at=scene.at(-60)
    )
    for minutes in range(-300, 0, 10):
        scene.uplink(minutes, 1.0)
    rule = scene.rule(AlertKind.STATE, states=["codec_stopped"], on=False)
    assert codec.stopped_at == scene.at(-60)
    assert seen(scene, rule_tried(rule, days=1, now=scene.now)) == [("codec_stopped", -60, None)]


def test_a_try_and_the_life_of_the_rule_agree(scene: Scene) -> None:
    rule = scene.rule(AlertKind.STATE, states=["silent", "decode_failed"])
    hear(scene, *range(-1, 301))
    sent = {minutes: "failed" if minutes in (40, 50) else "decoded" for minutes in (*range(0, 100, 10), 200)}
    every = 5
    for minutes in (n for n in range(301) if n in sent or not n % every):
        if minutes in sent:
            scene.level(minutes, 1.0, state=sent[minutes])
        alerts_tick(now=scene.at(minutes))
    rows = AlertEpisode.objects.order_by("began_at").values_list("state", "began_at", "ended_at")
    tried = rule_tried(rule, days=1, now=scene.at(300))
    past = [(one.state, one.began_at, one.ended_at) for one in reversed(tried.alerts)]
    assert [row[0] for row in rows] == [row[0] for row in past] == ["decode_failed", "silent", "silent"]
    for live, found in zip(rows, past, strict=True):
        assert abs((live[1] - found[1]).total_seconds()) <= every * 60
        assert (live[2] is None) == (found[2] is None)
        assert live[2] is None or found[2] is None or abs((live[2] - found[2]).total_seconds()) <= every * 60


def test_too_much_for_one_try_shortens_the_stretch_for_every_device(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = DeviceFactory.create(trial=scene.trial, name="WL-02", model=scene.device.model)
    for minutes in range(-1400, 0, 10):
        scene.uplink(minutes, 1.0)
        scene.uplink(minutes, 1.0, device=other, state="failed")
    rule = scene.rule(AlertKind.STATE, states=["decode_failed"], on=False)
    monkeypatch.setattr(alert_past, "MOST_STATES", 100)
    tried = rule_tried(rule, days=1, now=scene.now)
    assert tried.cut
    assert tried.since == scene.at(-360)
    assert [alert.device.pk for alert in tried.alerts] == [other.pk]


def test_what_is_not_kept_is_said_on_the_page(client: Client, scene: Scene) -> None:
    scene.uplink(-60, 1.0)
    some = scene.rule(AlertKind.STATE, states=["server_refused", "silent"], on=False)
    none = scene.rule(AlertKind.STATE, states=["server_refused"], on=False)
    assert (can_try(some), untold_states(some)) == (True, ["server_refused"])
    assert not can_try(none)
    client.force_login(scene.cast.owner)
    base = f"/o/{scene.cast.organization.pk}/trials/{scene.trial.code}/alerts/rules/"
    page = client.get(f"{base}{some.pk}/?days=1").content.decode()
    assert "過去が残っていないため試しません" in page
    assert "届いていません" in page
    page = client.get(f"{base}{none.pk}/").content.decode()
    assert "過去のデータでは試せません" in page
    assert 'value="try"' not in page


def test_queries_do_not_grow_with_devices(scene: Scene, django_assert_num_queries: Any) -> None:
    rule = scene.rule(AlertKind.STATE, states=["silent"], on=False)
    for count in (1, 3):
        while scene.trial.devices.count() < count:
            DeviceFactory.create(trial=scene.trial, model=scene.device.model)
        for device in scene.trial.devices.all():
            scene.uplink(-60, 1.0, device=device)
        with django_assert_num_queries(10):
            rule_tried(rule, days=1, now=scene.now)
