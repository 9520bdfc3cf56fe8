"""Rules and alerts on their pages, and what their forms refuse."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core.errors import InvalidInput, NotAllowed
from apps.telemetry.domain.alerts import Wish, alert_rule_save
from apps.telemetry.domain.alerts_live import alerts_follow
from apps.telemetry.domain.fresh import Fresh
from apps.telemetry.domain.webhooks import webhook_create
from apps.telemetry.enums import AlertEnd, AlertKind
from apps.telemetry.models import AlertEpisode, AlertRule, Listener, WebhookMessage
from apps.telemetry.selectors.alert_past import rule_tried
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory
from tests.telemetry.alerts.conftest import HIGH, Scene

pytestmark = pytest.mark.django_db
FORM = {
    "name": "水位",
    "field": "level",
    "direction": "above",
    "limit": "1.5",
    "release": "1.2",
    "minutes": "0",
}


def address(name: str, scene: Scene, *more: object) -> str:
    return reverse(f"telemetry:{name}", args=[scene.cast.organization.pk, scene.trial.code, *more])


def test_a_rule_is_made_tried_switched_on_and_off(client: Client, scene: Scene) -> None:
    for minute, level in ((-60, 1.0), (-50, 1.8), (-40, 1.1)):
        scene.uplink(minute, level)
    client.force_login(scene.cast.colleague)
    form = {**FORM, "people": [scene.cast.colleague.pk], "by_webhook": "on"}
    assert client.post(address("alert-make", scene, "threshold"), form).status_code == 302
    rule = AlertRule.objects.get()
    assert (rule.is_on, rule.limit, rule.people.get()) == (False, 1.5, scene.cast.colleague)
    switch = address("alert-switch", scene, rule.pk)
    refused = client.post(switch, {"act": "on"})
    assert refused.status_code == 409
    assert "先に過去のデータで試すか" in refused.content.decode()
    tried = client.post(switch, {"act": "try", "days": "7"}, follow=True)
    assert "1件のアラートを知らせていました" in tried.content.decode()
    assert client.post(switch, {"act": "on"}).status_code == 302
    assert Listener.objects.get().alerts
    scene.level(0, 1.9)
    edit = address("alert-edit", scene, rule.pk)
    assert client.post(edit, {**form, "name": "別の名前"}).status_code == 302
    assert AlertEpisode.objects.get().ended_at is None
    assert client.post(edit, {**form, "limit": "1.4"}).status_code == 302
    assert AlertEpisode.objects.get().end_reason == AlertEnd.CHANGED
    scene.level(10, 1.9)
    assert client.post(switch, {"act": "off"}).status_code == 302
    assert AlertEpisode.objects.filter(end_reason=AlertEnd.OFF).count() == 1
    assert not Listener.objects.get().alerts
    assert client.post(address("alert-remove", scene, rule.pk)).status_code == 302
    assert not AlertRule.objects.exists()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"alert_rule.save", "alert_rule.on", "alert_rule.off", "alert_rule.remove"} <= actions


def test_switched_on_without_trying_by_an_explicit_word(client: Client, scene: Scene) -> None:
    rule = scene.rule(on=False)
    client.force_login(scene.cast.owner)
    answer = client.post(address("alert-switch", scene, rule.pk), {"act": "on", "untried": "1"})
    assert answer.status_code == 302
    assert AlertRule.objects.get().is_on


def test_a_rule_that_tells_nobody_is_not_switched_on(client: Client, scene: Scene) -> None:
    rule = scene.rule(on=False, people=[])
    client.force_login(scene.cast.owner)
    answer = client.post(address("alert-switch", scene, rule.pk), {"act": "on", "untried": "1"})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        ({"limit": "nan"}, "limit"),
        ({"limit": "inf"}, "limit"),
        ({"limit": "高い"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"release": "1.6"}, "release"),
        ({"direction": "below", "release": "1.2"}, "release"),
        ({"field": "unknown"}, "field"),
        ({"minutes": "-1"}, "minutes"),
        ({"minutes": "99999"}, "minutes"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_until": "25:00"}, "quiet_until"),
        ({"devices": ["00000000-0000-0000-0000-000000000000"]}, "devices"),
        ({"people": ["x"]}, "people"),
        ({"name": "  "}, "name"),
    ],
)
def test_what_the_form_refuses(client: Client, scene: Scene, odd: dict[str, Any], field: str) -> None:
    client.force_login(scene.cast.owner)
    answer = client.post(address("alert-make", scene, "threshold"), {**FORM, **odd})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize(
    ("kind", "odd", "field"),
    [
        (AlertKind.THRESHOLD, {**HIGH, "limit": float("nan")}, "limit"),
        (AlertKind.THRESHOLD, {**HIGH, "release": float("inf")}, "release"),
        (AlertKind.THRESHOLD, {**HIGH, "field": "nothing"}, "field"),
        (AlertKind.BATTERY, {"limit": 120.0}, "limit"),
        (AlertKind.STATE, {"states": ["dancing"]}, "states"),
        (AlertKind.STATE, {}, "states"),
        (AlertKind.SILENCE, {"minutes": 0}, "minutes"),
        ("dreams", {}, "kind"),
    ],
)
def test_what_the_domain_refuses(scene: Scene, kind: str, odd: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        scene.rule(kind, on=False, **odd)
    assert field in refused.value.fields


def test_devices_and_people_of_others_are_refused(scene: Scene) -> None:
    elsewhere = DeviceFactory.create(trial=TrialFactory.create(organization=scene.cast.organization))
    foreign = DeviceFactory.create(trial=scene.trial, organization=scene.cast.other)
    for wish in (
        {"devices": [elsewhere.pk]},
        {"devices": [foreign.pk]},
        {"people": [scene.cast.stranger.pk]},
    ):
        with pytest.raises(InvalidInput):
            scene.rule(on=False, **wish)
    with pytest.raises(NotAllowed):
        alert_rule_save(
            trial=scene.trial,
            organization=scene.cast.organization,
            actor=scene.cast.reader,
            wish=Wish(name="x", kind="silence", minutes=60),
        )


def test_a_note_that_is_too_long_and_an_alert_that_is_acknowledged(client: Client, scene: Scene) -> None:
    scene.rule()
    scene.level(0, 1.9)
    page = address("alert", scene, AlertEpisode.objects.get().pk)
    client.force_login(scene.cast.colleague)
    assert client.post(page, {"note": "あ" * 301}).status_code == 422
    assert client.post(page, {"note": "見に行きます"}).status_code == 302
    client.force_login(scene.cast.owner)
    assert client.post(page, {"note": "直しました"}).status_code == 302
    episode = AlertEpisode.objects.get()
    assert (episode.acknowledged_by, episode.note) == (scene.cast.colleague, "直しました")
    client.force_login(scene.cast.reader)
    assert "直しました" in client.get(page).content.decode()
    assert client.post(page, {"note": "x"}).status_code == 403


def test_an_alert_is_handed_to_the_webhooks(client: Client, scene: Scene) -> None:
    scene.rule()
    scene.level(0, 1.9)
    page = address("alert", scene, AlertEpisode.objects.get().pk)
    client.force_login(scene.cast.colleague)
    answer = client.post(page, {"act": "webhook"}, follow=True)
    assert "知らせる設定のWebhookがありません" in answer.content.decode()
    webhook_create(
        organization=scene.cast.organization,
        actor=scene.cast.owner,
        name="x",
        url="http://127.0.0.1:8999/",
        kinds=["alert"],
    )
    answer = client.post(page, {"act": "webhook"}, follow=True)
    assert "1件のWebhookに渡しました" in answer.content.decode()
    assert b'"change":"began"' in bytes(WebhookMessage.objects.get().body)


def test_fragments_say_what_is_open(client: Client, scene: Scene) -> None:
    scene.rule()
    client.force_login(scene.cast.reader)
    of_device = reverse("telemetry:device-alerts", args=[scene.cast.organization.pk, scene.device.pk])
    assert client.get(address("alerts-slot", scene)).status_code == 204
    assert client.get(of_device).status_code == 204
    scene.level(0, 1.9)
    for page in (address("alerts-slot", scene), of_device, address("alert-list", scene)):
        assert "WL-01：水位 1.90\N{NO-BREAK SPACE}m" in client.get(page).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_much_for_one_as_for_three(
    client: Client, scene: Scene, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        rule = scene.rule(name=f"{number}", devices=[scene.device.pk])
        for ended in (None, scene.at(10)):
            AlertEpisode.objects.create(
                rule=rule,
                device=scene.device,
                began_at=scene.now,
                ended_at=ended,
                acknowledged_by=scene.cast.owner,
            )
    client.force_login(scene.cast.reader)
    client.get(address("alert-list", scene))
    with django_assert_num_queries(11):
        assert client.get(address("alert-list", scene)).status_code == 200


def test_five_hundred_alerts_come_by_the_page(client: Client, scene: Scene) -> None:
    rule = scene.rule()
    AlertEpisode.objects.bulk_create(
        AlertEpisode(rule=rule, device=scene.device, began_at=scene.at(n), ended_at=scene.at(n + 1))
        for n in range(500)
    )
    client.force_login(scene.cast.reader)
    page = client.get(address("alert-list", scene) + "?page=10")
    assert "500件" in page.content.decode()
    assert len(page.context["past"]) == 50


def test_the_past_is_judged_like_the_present(scene: Scene) -> None:
    levels = [1.0, 1.6, None, 1.4, 1.9, 1.1, 1.3, 1.7, 1.7, 1.0]
    rule = scene.rule(minutes=15)
    for number, level in enumerate(levels):
        scene.level(number * 10, level, state="failed" if number == 4 else "decoded")
    live = list(AlertEpisode.objects.order_by("began_at").values_list("began_at", "ended_at", "value"))
    tried = rule_tried(rule, days=1, now=scene.at(len(levels) * 10))
    assert [(one.began_at, one.ended_at, one.value) for one in reversed(tried.alerts)] == live
    assert len(live) == 2
    assert tried.readings == 9


def test_silence_before_the_stretch_is_seen_in_a_try(scene: Scene) -> None:
    rule = scene.rule(AlertKind.SILENCE, minutes=60, on=False)
    scene.uplink(-3 * 24 * 60, 1.0)
    (alert,) = rule_tried(rule, days=1, now=scene.now).alerts
    assert (alert.began_at, alert.ended_at) == (scene.at(-3 * 24 * 60 + 60), None)


def test_names_that_are_too_long_are_refused(scene: Scene) -> None:
    with pytest.raises(ValidationError):
        scene.rule(name="あ" * 81, on=False)


def test_of_a_joint_trial_the_pages_say_whose_devices_a_rule_does_not_watch(
    client: Client, scene: Scene
) -> None:
    """The partner's device has a page for the lead, but a rule of the lead's neither names nor watches it."""
    other = scene.cast.other
    Participant.objects.create(
        trial=scene.trial, organization=other, role=ParticipantRole.PARTNER, access=Access.MANAGE
    )
    theirs = DeviceFactory.create(trial=scene.trial, organization=other, name="相手の機器")
    client.force_login(scene.cast.owner)
    device_page = client.get(f"/o/{scene.cast.organization.pk}/devices/{theirs.pk}/")
    assert device_page.status_code == 200
    rule = scene.rule()
    for name, *more in (("alert-rule", rule.pk), ("alert-edit", rule.pk), ("alert-make", "silence")):
        page = client.get(address(name, scene, *more)).content.decode()
        assert f"{other.name}の機器は、このルールの対象になりません" in page
        assert "相手の機器" not in page
    with pytest.raises(InvalidInput) as refused:
        scene.rule(devices=[theirs.pk])
    assert "機器をもつ組織" in str(refused.value.fields["devices"])
    news = Fresh(other.pk, [scene.uplink(0, 9.9, device=theirs)])
    alerts_follow(fresh=news, now=scene.at(1))
    assert not AlertEpisode.objects.exists()
