"""Days on which things meet: what a strict reader of webhooks, alerts, topics and dashboards asked."""

from __future__ import annotations

import threading
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.apikeys.domain import api_key_create
from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.errors import InvalidInput, NotFound
from apps.exports.domain import export_ask
from apps.telemetry.domain import alerts_tell as alerts_tell_module
from apps.telemetry.domain import topics
from apps.telemetry.domain.alerts import Wish, alert_rule_save, alert_rule_switch
from apps.telemetry.domain.dashboards import (
    TileValues,
    dashboard_make,
    dashboard_remove,
    dashboard_rename,
    link_make,
    link_revoke,
    tile_move,
    tile_remove,
    tile_save,
)
from apps.telemetry.domain.delivering import LEASE, deliveries_take, messages_give_up
from apps.telemetry.domain.fresh import Fresh
from apps.telemetry.domain.replaying import messages_replay
from apps.telemetry.domain.telling import webhooks_follow
from apps.telemetry.domain.webhooks import webhook_change, webhook_delete, webhook_rotate, webhook_switch
from apps.telemetry.enums import AlertKind, TileKind, WebhookState
from apps.telemetry.integrations.topics import TopicsRefused
from apps.telemetry.models import (
    AlertEpisode,
    Dashboard,
    DashboardTile,
    Listener,
    WebhookMessage,
)
from apps.telemetry.rules.webhook_schedule import WINDOW
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.devices import DeviceFactory
from tests.factories.exports import made
from tests.factories.trials import TrialFactory
from tests.factories.webhooks import EndpointFactory, message
from tests.telemetry.alerts.conftest import HIGH, Scene, scene

pytestmark = pytest.mark.django_db
__all__ = ["scene"]


@pytest.mark.django_db(transaction=True)
def test_a_webhook_switched_off_while_another_is_switched_on_leaves_the_organization_listening(
    cast: Cast,
) -> None:
    """What comes must be kept for the one that is on, whoever of the two is first."""
    off, on = (EndpointFactory.create(organization=cast.organization) for _ in range(2))
    webhook_switch(endpoint=on, actor=cast.owner, on=False)
    switched, ready = threading.Event(), threading.Event()

    def switch_on() -> None:
        try:
            with transaction.atomic():
                webhook_switch(endpoint=on, actor=cast.owner, on=True)
                switched.set()
                # Long enough for the other to have looked before this is committed.
                ready.wait(0.3)
        finally:
            connections.close_all()

    other = threading.Thread(target=switch_on)
    other.start()
    assert switched.wait(10)
    webhook_switch(endpoint=off, actor=cast.owner, on=False)
    ready.set()
    other.join()
    assert Listener.objects.get(organization=cast.organization).webhooks


def test_what_somebody_removed_meanwhile_is_not_found(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    endpoint = EndpointFactory.create(organization=cast.organization)
    board = dashboard_make(trial=trial, organization=cast.organization, actor=cast.owner, name="見張り")
    tile = board.tiles.first()
    assert tile is not None
    link, _token = link_make(dashboard=board, actor=cast.owner, days=7, note="")
    stale = Dashboard.objects.get(pk=board.pk)
    webhook_delete(endpoint=endpoint, actor=cast.owner)
    dashboard_remove(dashboard=board, actor=cast.owner)
    given: Any = {"actor": cast.owner}
    change: Any = {"name": "x", "url": "https://a.example/", "kinds": ["uplink"]}
    for act in (
        lambda: webhook_switch(endpoint=endpoint, on=False, **given),
        lambda: webhook_change(endpoint=endpoint, **change, **given),
        lambda: webhook_rotate(endpoint=endpoint, overlap=timedelta(0), **given),
        lambda: webhook_delete(endpoint=endpoint, **given),
        lambda: dashboard_rename(dashboard=stale, name="y", **given),
        lambda: tile_move(tile=tile, earlier=True, **given),
        lambda: tile_save(dashboard=stale, values=TileValues(TileKind.TEXT, text="a"), **given),
        lambda: link_revoke(link=link, **given),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_tile_that_was_removed_does_not_come_back(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    board = dashboard_make(trial=trial, organization=cast.organization, actor=cast.owner, name="見張り")
    values = TileValues(TileKind.TEXT, text="はじめ")
    tile = tile_save(dashboard=board, actor=cast.owner, values=values)
    stale = DashboardTile.objects.get(pk=tile.pk)
    tile_remove(tile=tile, actor=cast.owner)
    for act in (
        lambda: tile_save(dashboard=board, actor=cast.owner, values=values, tile=stale),
        lambda: tile_move(tile=stale, actor=cast.owner, earlier=True),
    ):
        with pytest.raises(NotFound):
            act()
    assert not DashboardTile.objects.filter(pk=stale.pk).exists()


def test_a_message_whose_courier_died_is_given_up_too(cast: Cast) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization)
    now = clock.now()
    row = message(endpoint, now)
    assert deliveries_take(limit=1, now=now)
    webhook_switch(endpoint=endpoint, actor=cast.owner, on=False)
    assert messages_give_up(now=now + LEASE) == 0
    assert messages_give_up(now=now + WINDOW + timedelta(minutes=2)) == 1
    row.refresh_from_db()
    assert row.state == WebhookState.FAILED


def test_a_stretch_that_is_being_sent_again_is_not_sent_a_third_time(cast: Cast) -> None:
    """Whoever presses twice, or a program in a loop, does not fill the disk."""
    endpoint = EndpointFactory.create(organization=cast.organization)
    now = clock.now()
    for _ in range(3):
        message(endpoint, now - timedelta(hours=1), state=WebhookState.DELIVERED)
    stretch: Any = {
        "endpoint": endpoint,
        "actor": cast.owner,
        "since": now - timedelta(hours=2),
        "until": now,
    }
    assert [messages_replay(**stretch, failed_only=False) for _ in range(3)] == [3, 0, 0]
    WebhookMessage.objects.filter(state=WebhookState.WAITING).update(state=WebhookState.DELIVERED)
    assert messages_replay(**stretch, failed_only=False) == 3


def test_a_link_of_a_partner_who_left_the_trial_shows_nothing(cast: Cast, client: Client) -> None:
    trial = TrialFactory.create(organization=cast.other)
    partner = Participant.objects.create(
        trial=trial, organization=cast.organization, role=ParticipantRole.PARTNER, access=Access.MANAGE
    )
    board = dashboard_make(trial=trial, organization=cast.organization, actor=cast.owner, name="見張り")
    _link, token = link_make(dashboard=board, actor=cast.owner, days=90, note="")
    address = reverse("telemetry:dashboard-open", args=[token])
    assert client.get(address).status_code == 200
    partner.delete()
    assert client.get(address).status_code == 404


class _RefusingBroker:
    """A broker that is there and says no: another courier was a moment earlier, or a right is missing."""

    connected = True

    def __init__(self, *_given: Any) -> None:
        self.asked = 0

    def prepare(self, username: str) -> None:
        pass

    def clients(self) -> Any:
        self.asked += 1
        raise TopicsRefused("Role already exists")

    def close(self) -> None:
        pass


def test_a_broker_that_refuses_does_not_stop_the_courier(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.TOPICS_URL = "mqtt://127.0.0.1:9"
    monkeypatch.setattr(topics, "TopicsBroker", _RefusingBroker)
    monkeypatch.setattr(topics.TopicsKeeper, "EVERY", 0)
    keeper = topics.TopicsKeeper()
    keeper.tick()
    keeper.tick()
    keeper.close()


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_send_a_stretch_again_once(cast: Cast) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization)
    now = clock.now()
    for _ in range(3):
        message(endpoint, now - timedelta(hours=1), state=WebhookState.DELIVERED)
    stretch: Any = {"since": now - timedelta(hours=2), "until": now, "failed_only": False}

    def press() -> int:
        return messages_replay(endpoint=endpoint, actor=None, **stretch)

    assert sorted(at_once([press, press])) == [0, 3]


def test_a_rule_that_is_on_cannot_be_made_to_tell_nobody(scene: Scene) -> None:
    rule = scene.rule()
    high: Any = HIGH
    wish = Wish(name="だれにも", kind=AlertKind.THRESHOLD, **high)
    given: Any = {
        "trial": scene.trial, "organization": scene.cast.organization, "actor": scene.cast.owner,
        "wish": wish,
    }  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        alert_rule_save(**given, rule=rule)
    assert set(refused.value.fields) == {"people"}
    alert_rule_switch(rule=rule, on=False, actor=scene.cast.owner)
    assert not alert_rule_save(**given, rule=rule).people.exists()


def test_alerts_that_end_together_ask_as_few_questions_as_one(scene: Scene) -> None:
    """Twenty devices that come back in one batch must not ask twenty times for their models."""
    endpoint = EndpointFactory.create(organization=scene.cast.organization, kinds=["alert"])
    scene.rule(by_webhook=True)
    asked = []
    for count in (1, 4):
        devices = [DeviceFactory.create(trial=scene.trial, name=f"WL-{count}{n}") for n in range(count)]
        scene.follow(*(scene.uplink(count * 10, 1.9, device=one) for one in devices))
        news = [scene.uplink(count * 10 + 5, 1.0, device=one) for one in devices]
        with CaptureQueriesContext(connection) as queries:
            scene.follow(*news)
        asked.append(len(queries))
    assert WebhookMessage.objects.filter(endpoint=endpoint).count() == 4
    assert asked[0] == asked[1]


def test_a_key_limited_to_networks_does_not_listen_where_nobody_asks_from_where(cast: Cast) -> None:
    """The broker lets in by name and password: a limit that it does not keep must not be promised."""
    given: Any = {"organization": cast.organization, "actor": cast.owner, "name": "受信"}
    with pytest.raises(InvalidInput) as refused:
        api_key_create(**given, scopes=[Scope.MQTT], networks=["203.0.113.0/24"])
    assert set(refused.value.fields) == {"networks"}
    key, _token = api_key_create(**given, scopes=[Scope.MQTT])
    assert list(topics.topics_keys(clock.now())) == [key]
    ApiKey.objects.filter(pk=key.pk).update(networks=["203.0.113.0/24"])
    assert not topics.topics_keys(clock.now()).exists()


def test_a_rule_in_its_quiet_hours_holds_up_no_other_rule(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night of wavering values may hold more alerts than one go tells of."""
    monkeypatch.setattr(alerts_tell_module, "MOST", 3)
    quiet = scene.rule(quiet_from=time(0, 0), quiet_until=time(23, 59))
    for minutes in range(0, 80, 10):
        scene.level(minutes, 1.9 if minutes % 20 == 0 else 1.0)
    assert AlertEpisode.objects.filter(rule=quiet, told_at=None).count() == 4
    other = scene.rule(name="別の見張り", field="level", limit=1.7, release=1.7)
    scene.level(100, 1.9)
    assert [subject for _to, subject in scene.mails()] == ["WL-01：水位 1.90 m（1.70 mを上回りました）"]
    assert not AlertEpisode.objects.filter(rule=other, told_at=None).exists()


def test_a_number_beyond_64_bits_holds_up_nothing(
    scene: Scene, client: Client, settings: Any, tmp_path: Any
) -> None:
    """A codec that divides by nearly nothing says 1e20; PostgreSQL gives it back as a whole number."""
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "exports": place}
    EndpointFactory.create(organization=scene.cast.organization, kinds=["uplink", "event"])
    uplink = scene.uplink(-10, 1e20)
    event = scene.status(-10, batteryLevel=10**25)
    uplink.refresh_from_db()
    event.refresh_from_db()
    fresh = Fresh(scene.cast.organization.pk, [uplink], [event])
    assert webhooks_follow(freshes=[fresh], now=scene.now) == 2
    assert len(topics.topics_messages(fresh)) == 2
    _key, token = api_key_create(
        organization=scene.cast.organization, actor=None, name="x", scopes=["read:data", "read:devices"]
    )
    headers = {"authorization": f"Bearer {token}"}
    base = f"/api/v1/devices/{scene.device.pk}/"
    for address in (f"{base}uplinks", f"{base}latest", f"{base}events", "/api/v1/uplinks", "/api/v1/latest"):
        answer = client.get(address, headers=headers)
        assert answer.status_code == 200, address
        assert answer.json()
    for kind, format in (("telemetry.uplinks", "jsonl"), ("telemetry.events", "csv")):
        export = export_ask(
            organization=scene.cast.organization,
            actor=scene.cast.owner,
            kind=kind,
            asked={"device": str(scene.device.pk), "until": scene.now},
            format=format,
        )
        made(export)
        assert (export.state, export.rows_done) == ("done", 1)
