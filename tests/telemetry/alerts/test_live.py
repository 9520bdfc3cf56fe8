"""Alerts as readings come and as time passes."""

from __future__ import annotations

import math
from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.devices.enums import DeviceState
from apps.outbox.models import Message
from apps.telemetry.domain.alerts import alert_rule_switch
from apps.telemetry.domain.alerts_live import alerts_tick
from apps.telemetry.enums import AlertEnd, AlertKind
from apps.telemetry.models import AlertEpisode, AlertRule, Listener, News
from apps.telemetry.selectors.hearing import hearing_mark, hearing_since
from tests.factories.devices import DeviceFactory
from tests.telemetry.alerts.conftest import Scene

pytestmark = pytest.mark.django_db


def hear(scene: Scene, *minutes: float) -> None:
    """The ingest is connected over these minutes."""
    for minute in minutes:
        hearing_mark(scene.at(minute))


def test_an_alert_is_told_once_when_it_begins_and_once_when_it_ends(scene: Scene) -> None:
    rule = scene.rule()
    assert Listener.objects.get().alerts
    for minute, level in ((0, 1.0), (10, 1.62), (20, 1.8), (30, 1.4), (40, 1.1), (50, 1.3)):
        scene.level(minute, level)
    episode = AlertEpisode.objects.get()
    assert (episode.began_at, episode.ended_at) == (scene.at(10), scene.at(40))
    assert (episode.value, episode.worst, episode.end_value) == (1.62, 1.8, 1.1)
    assert episode.end_reason == AlertEnd.BACK
    assert scene.mails() == [
        ("owner@example.jp", "WL-01：水位 1.62 m（1.50 mを上回りました）"),
        ("owner@example.jp", "WL-01：水位が1.10 mに戻りました（基準は1.50 m）"),
    ]
    body = Message.objects.filter(template="telemetry-alert").order_by("created_at")[0].body
    assert f"/trials/{scene.trial.code}/alerts/{episode.pk}/" in body
    alert_rule_switch(rule=rule, on=False, actor=scene.cast.owner)
    assert not Listener.objects.get().alerts


@pytest.mark.parametrize("odd", [None, "high", True, [1], {"a": 2}, 10**400, math.inf])
def test_what_is_no_number_changes_nothing(scene: Scene, odd: Any) -> None:
    scene.rule()
    uplink = scene.uplink(10, 1.0)
    uplink.values = {"level": odd}
    scene.follow(uplink)
    uplink.values = None
    scene.follow(uplink)
    assert not AlertEpisode.objects.exists()


@pytest.mark.parametrize("state", ["failed", "over_quota", "masked", "quarantined", "no_codec"])
def test_what_was_not_decoded_changes_nothing(scene: Scene, state: str) -> None:
    scene.rule()
    scene.level(10, 1.8, state=state)
    assert not AlertEpisode.objects.exists()
    scene.level(20, 1.8)
    scene.level(30, 1.0, state=state)
    assert AlertEpisode.objects.get().ended_at is None


def test_late_readings_change_nothing_that_is_newer(scene: Scene) -> None:
    scene.rule()
    scene.level(20, 1.8)
    scene.level(10, 1.0)
    assert AlertEpisode.objects.get().ended_at is None
    scene.level(30, 1.0)
    scene.level(25, 1.9)
    assert AlertEpisode.objects.count() == 1


def test_only_the_named_devices_of_the_organization_and_trial(scene: Scene) -> None:
    other = DeviceFactory.create(trial=scene.trial)
    scene.rule(devices=[scene.device.pk])
    scene.level(10, 1.8, device=other)
    assert not AlertEpisode.objects.exists()
    scene.level(10, 1.8)
    assert AlertEpisode.objects.get().device == scene.device


def test_a_rule_of_a_device_that_is_gone_does_not_become_one_of_all(scene: Scene) -> None:
    other = DeviceFactory.create(trial=scene.trial)
    scene.rule(devices=[scene.device.pk])
    scene.device.state = DeviceState.RETIRED
    scene.device.save()
    scene.level(10, 1.8, device=other)
    assert not AlertEpisode.objects.exists()


def test_many_devices_of_one_batch_are_one_mail_and_as_many_questions_as_one(scene: Scene) -> None:
    scene.rule()
    devices = [scene.device, *(DeviceFactory.create(trial=scene.trial, name=f"B-{n}") for n in range(9))]
    scene.follow(*(scene.uplink(0, 1.0, device=device) for device in devices))
    asked = []
    for number, part in enumerate((devices[:1], devices[1:2], devices[2:])):
        news = [scene.uplink(10 + 10 * number, 1.9, device=device) for device in part]
        with CaptureQueriesContext(connection) as context:
            scene.follow(*news)
        asked.append(len(context))
    # The first mail also reads the settings of the site.
    assert asked[1] == asked[2]
    assert [subject for _to, subject in scene.mails()] == [
        "WL-01：水位 1.90 m（1.50 mを上回りました）",
        "B-0：水位 1.90 m（1.50 mを上回りました）",
        "水位の見張り：8件のアラートが始まりました",
    ]


def test_alerts_of_one_minute_share_a_mail(scene: Scene) -> None:
    scene.rule()
    other = DeviceFactory.create(trial=scene.trial, name="WL-02")
    scene.level(0, 1.9)
    scene.follow(scene.uplink(0.2, 1.9, device=other))
    assert len(scene.mails()) == 1
    hear(scene, 1)
    alerts_tick(now=scene.at(1))
    assert len(scene.mails()) == 2


def test_no_data_is_told_by_the_clock_and_ends_with_the_next_message(scene: Scene) -> None:
    scene.uplink(-10, 1.0)
    scene.rule(AlertKind.SILENCE, minutes=30)
    for minute in range(-60, 21):
        hear(scene, minute)
    alerts_tick(now=scene.at(20))
    assert not AlertEpisode.objects.exists()
    hear(scene, 20.5)
    alerts_tick(now=scene.at(20.5))
    alerts_tick(now=scene.at(20.8))
    episode = AlertEpisode.objects.get()
    assert episode.began_at == scene.at(20)
    scene.level(25, 1.0, state="failed")
    episode.refresh_from_db()
    assert episode.ended_at == scene.at(25)
    assert [subject for _to, subject in scene.mails()] == [
        "WL-01：30分、データが届いていません",
        "WL-01：データがまた届いています",
    ]


def test_nobody_is_silent_while_the_portal_does_not_hear(scene: Scene) -> None:
    scene.uplink(-10, 1.0)
    scene.rule(AlertKind.SILENCE, minutes=30)
    assert hearing_since(scene.now) is None
    alerts_tick(now=scene.at(60))
    assert not AlertEpisode.objects.exists()
    hear(scene, *range(100, 131))
    alerts_tick(now=scene.at(129))
    assert not AlertEpisode.objects.exists()
    hear(scene, 131)
    alerts_tick(now=scene.at(131))
    assert AlertEpisode.objects.get().began_at == scene.at(130)


def test_the_clock_waits_for_a_courier_that_is_behind(scene: Scene) -> None:
    scene.rule(minutes=20)
    scene.level(0, 1.9)
    news = News.objects.create(organization=scene.cast.organization, made_at=scene.at(15))
    hear(scene, *range(31))
    alerts_tick(now=scene.at(30))
    assert not AlertEpisode.objects.exists()
    news.delete()
    alerts_tick(now=scene.at(30))
    assert AlertEpisode.objects.get().began_at == scene.at(20)


def test_battery_by_what_the_network_server_tells(scene: Scene) -> None:
    scene.rule(AlertKind.BATTERY, limit=20, release=30, name="電池")
    scene.follow(scene.status(0, batteryLevel=18.0, margin=9))
    scene.follow(scene.status(10, batteryLevelUnavailable=True))
    assert scene.mails() == [("owner@example.jp", "WL-01：電池が18%です（20%を下回りました）")]
    scene.follow(scene.status(20, externalPowerSource=True))
    assert AlertEpisode.objects.get().end_reason == AlertEnd.BACK


def test_states_by_the_clock(scene: Scene) -> None:
    scene.rule(AlertKind.STATE, states=["silent", "keys_wrong"], name="状態")
    scene.level(0, 1.0)
    hear(scene, *range(-1, 100))
    alerts_tick(now=scene.at(20))
    assert not AlertEpisode.objects.exists()
    alerts_tick(now=scene.at(99))
    assert AlertEpisode.objects.get().state == "silent"
    assert scene.mails()[0][1] == "WL-01：届いていません"
    scene.level(100, 1.0)
    assert AlertEpisode.objects.get().ended_at == scene.at(100)


def test_a_state_that_must_last_is_named_when_it_is_told(scene: Scene) -> None:
    """Between two minutes the standing lies in the database: it knows the state."""
    scene.rule(AlertKind.STATE, states=["silent"], minutes=30, name="状態")
    scene.level(0, 1.0)
    hear(scene, *range(-1, 200))
    for minutes in range(30, 70):
        alerts_tick(now=scene.at(minutes + minutes % 7 / 20))  # beat is not exact
    assert AlertEpisode.objects.get().state == "silent"
    assert scene.mails()[0][1] == "WL-01：届いていません"


def test_quiet_hours_hold_mails_and_tell_in_one_what_happened(scene: Scene) -> None:
    scene.rule(quiet_from=time(11, 0), quiet_until=time(14, 0))
    other = DeviceFactory.create(trial=scene.trial, name="WL-02")
    scene.level(0, 1.9)
    scene.level(10, 1.0)
    scene.level(20, 1.7, device=other)
    hear(scene, *range(118, 122))
    alerts_tick(now=scene.at(119))
    assert scene.mails() == []
    alerts_tick(now=scene.at(120))
    ((_to, subject),) = scene.mails()
    assert subject == "水位の見張り：1件のアラートが始まりました、1件のアラートが終わりました"
    body = Message.objects.get(template="telemetry-alert").body
    assert "メールを止める時間" in body
    assert "WL-01：水位 1.90 m" in body
    assert "WL-02：水位 1.70 m" in body
    alerts_tick(now=scene.at(121))
    assert len(scene.mails()) == 1


def test_whoever_left_gets_nothing(scene: Scene) -> None:
    rule = scene.rule(people=[scene.cast.owner.pk, scene.cast.reader.pk])
    scene.cast.reader.memberships.all().delete()
    scene.level(0, 1.9)
    assert [to for to, _subject in scene.mails()] == ["owner@example.jp"]
    scene.trial.participants.all().delete()
    AlertRule.objects.filter(pk=rule.pk).update(mailed_at=None)
    scene.level(10, 1.0)
    assert len(scene.mails()) == 1


def test_in_the_recipients_language(scene: Scene) -> None:
    scene.cast.owner.language = "en"
    scene.cast.owner.save()
    scene.rule()
    scene.level(0, 1.9)
    assert scene.mails()[0][1] == "WL-01: Level 1.90 m (above 1.50 m)"


def test_a_paused_device_and_a_trial_that_is_over_are_not_watched(scene: Scene) -> None:
    scene.rule()
    scene.level(0, 1.9)
    scene.device.state = DeviceState.PAUSED
    scene.device.save()
    alerts_tick(now=scene.at(5))
    assert AlertEpisode.objects.get().end_reason == AlertEnd.UNWATCHED
    scene.level(10, 1.9)
    assert AlertEpisode.objects.count() == 1
