"""Taking and writing down: the pauses, the rest of a receiver that fails, the ends of a message."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from standardwebhooks import Webhook, WebhookVerificationError

from apps.core import clock
from apps.core.sealing import seal
from apps.outbox.models import Message
from apps.telemetry.domain.delivering import (
    LEASE,
    Delivered,
    Delivery,
    deliveries_record,
    deliveries_take,
    messages_give_up,
)
from apps.telemetry.domain.webhooks import webhook_create, webhook_rotate, webhook_switch
from apps.telemetry.enums import WebhookState
from apps.telemetry.integrations.web import Answer
from apps.telemetry.models import Listener, News, WebhookEndpoint, WebhookMessage
from apps.telemetry.rules.webhook_schedule import PAUSES, WINDOW, next_attempt, retry_after
from apps.telemetry.selectors.couriers import courier_alive
from tests.cast import Cast
from tests.concurrency import at_once, locks_waited_for
from tests.factories.webhooks import EndpointFactory, message

pytestmark = pytest.mark.django_db
NOW = clock.now()
FAILED, FINE = Answer(500, text="no"), Answer(200, text="ok")


@pytest.fixture
def endpoint(cast: Cast) -> WebhookEndpoint:
    endpoint, _secret = webhook_create(
        organization=cast.organization, actor=cast.owner, name="受け口",
        url="https://receiver.example.jp/hook", kinds=["uplink"],
    )  # fmt: skip
    return endpoint


def take(now: datetime = NOW, limit: int = 100) -> list[Delivery]:
    return deliveries_take(limit=limit, now=now)


def answered(delivery: Delivery, answer: Answer, now: datetime = NOW) -> None:
    deliveries_record(results=[Delivered(delivery, now, answer)], now=now)


def test_a_message_alone_is_tried_by_the_table_and_given_up(endpoint: WebhookEndpoint) -> None:
    row, now, pauses = message(endpoint, NOW), NOW, []
    while True:
        (delivery,) = take(now)
        assert take(now) == []
        answered(delivery, FAILED, now)
        row.refresh_from_db()
        if row.state != WebhookState.WAITING:
            break
        pauses.append(row.due_at - now)
        assert take(row.due_at - timedelta(seconds=1)) == []
        now = row.due_at
    assert (row.state, row.attempts, row.tries.count()) == (WebhookState.FAILED, 10, 10)
    for pause, planned in zip(pauses, PAUSES[1:], strict=True):
        assert planned <= pause <= planned * 1.1
    assert take(now + timedelta(days=9)) == []
    assert next_attempt(10, NOW) is None


def test_what_is_taken_is_due_again_only_when_its_courier_is_lost(endpoint: WebhookEndpoint) -> None:
    message(endpoint, NOW)
    (first,) = take(NOW)
    assert take(NOW + LEASE - timedelta(seconds=1)) == []
    (again,) = take(NOW + LEASE)
    assert again.id == first.id
    assert again.headers is not None
    assert again.headers["webhook-id"] == str(first.id)
    answered(again, FINE, NOW + LEASE)
    answered(first, FAILED, NOW + LEASE)
    row = WebhookMessage.objects.get()
    assert (row.state, row.attempts) == (WebhookState.DELIVERED, 2)


def test_a_receiver_gets_two_at_a_time_and_others_are_not_held_up(endpoint: WebhookEndpoint) -> None:
    other = EndpointFactory.create()
    for n in range(5):
        message(endpoint, NOW - timedelta(seconds=60 - n))
    mine = message(other, NOW)
    taken = take()
    assert len([one for one in taken if one.endpoint_id == endpoint.pk]) == 2
    assert mine.pk in {one.id for one in taken}
    assert take() == []
    answered(next(one for one in taken if one.endpoint_id == endpoint.pk), FINE)
    assert len(take()) == 1


def test_while_a_receiver_fails_one_message_asks_whether_it_is_back(endpoint: WebhookEndpoint) -> None:
    odd = message(endpoint, NOW - timedelta(seconds=9))
    for n in range(4):
        message(endpoint, NOW - timedelta(seconds=8 - n))
    for delivery in take():
        answered(delivery, FAILED)
    assert take(NOW + timedelta(seconds=4)) == []
    later = NOW + timedelta(minutes=6)
    (probe,) = take(later)
    assert probe.id != odd.pk, "another message than the one that failed, should that one be at fault"
    answered(probe, FINE, later)
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.delivered_at) == (0, None, later)
    assert len(take(later)) == 2


@pytest.mark.parametrize(
    ("asked", "status", "at_least"),
    [
        ("120", 503, timedelta(minutes=2)), ("120", 429, timedelta(minutes=2)),
        ("120", 500, timedelta(seconds=5)),
        ("99999999", 429, timedelta(hours=24)), ("soon", 503, timedelta(seconds=5)),
    ],
)  # fmt: skip
def test_a_wish_for_later_is_honoured_within_bounds(
    endpoint: WebhookEndpoint, asked: str, status: int, at_least: timedelta
) -> None:
    row = message(endpoint, NOW)
    answered(take()[0], Answer(status, retry_after=asked))
    row.refresh_from_db()
    assert at_least <= row.due_at - NOW <= at_least * 1.1
    moment = "Wed, 01 Jan 2200 00:00:00 GMT"
    assert retry_after(moment, NOW) == datetime(2200, 1, 1, tzinfo=NOW.tzinfo) - NOW


def test_a_receiver_that_is_gone_is_switched_off_and_owners_are_told_once(
    cast: Cast, endpoint: WebhookEndpoint
) -> None:
    rows = [message(endpoint, NOW) for _ in range(3)]
    for delivery in take():
        answered(delivery, Answer(410))
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason) == (False, "gone")
    assert not Listener.objects.get(organization=cast.organization).webhooks
    mail = Message.objects.get(template="telemetry-webhook-off")
    assert mail.to_email == cast.owner.email
    assert str(endpoint.pk) in mail.body
    assert take(NOW + timedelta(days=1)) == []
    webhook_switch(endpoint=endpoint, actor=cast.owner, on=True)
    assert Listener.objects.get(organization=cast.organization).webhooks
    (left,) = take(NOW + timedelta(days=1))
    assert left.id in {row.pk for row in rows}


def test_days_of_failing_are_told_once_until_it_works_again(cast: Cast, endpoint: WebhookEndpoint) -> None:
    def fail(days: float) -> None:
        message(endpoint, NOW)
        WebhookEndpoint.objects.update(rest_until=None)
        (delivery,) = take(NOW + timedelta(days=days), limit=1)[:1]
        answered(delivery, Answer(None, "timeout"), NOW + timedelta(days=days))

    mails = Message.objects.filter(template="telemetry-webhook-failing")
    for days in (0, 2.9, 3.1, 4):
        fail(days)
        assert mails.count() == int(days > 3)
    assert endpoint.organization.memberships.count() > 1, "and only owners"
    WebhookEndpoint.objects.update(rest_until=None)
    answered(take(NOW + timedelta(days=9))[0], FINE, NOW + timedelta(days=9))
    for days in (10, 13.5):
        fail(days)
    assert mails.count() == 2


def test_what_waited_too_long_is_given_up(endpoint: WebhookEndpoint) -> None:
    old, new = message(endpoint, NOW - WINDOW - timedelta(hours=1)), message(endpoint, NOW)
    assert messages_give_up(now=NOW) == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (WebhookState.FAILED, WebhookState.WAITING)


def test_both_secrets_sign_while_one_is_replaced(cast: Cast) -> None:
    now = clock.now()  # the verifier asks the clock itself
    endpoint, first = webhook_create(
        organization=cast.organization,
        actor=None,
        name="x",
        url="https://a.example/",
        kinds=["uplink"],
        now=now,
    )
    second = webhook_rotate(endpoint=endpoint, actor=cast.owner, overlap=timedelta(days=1), now=now)
    message(endpoint, now)

    def accepts(secret: str, delivery: Delivery) -> bool:
        try:
            Webhook(secret).verify(delivery.body, delivery.headers or {})
        except WebhookVerificationError:
            return False
        return True

    (delivery,) = take(now)
    assert accepts(first, delivery)
    assert accepts(second, delivery)
    third = webhook_rotate(endpoint=endpoint, actor=None, overlap=timedelta(0), now=now)
    (delivery,) = take(now + LEASE)
    assert [accepts(secret, delivery) for secret in (first, second, third)] == [False, False, True]
    assert all(
        secret.encode() not in bytes(row.sealed) for row in endpoint.secrets.all() for secret in (third,)
    )


def test_a_secret_that_nobody_can_read_sends_nothing(endpoint: WebhookEndpoint) -> None:
    other = "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyMTI="
    endpoint.secrets.update(sealed=seal(b"whsec_x", [other]))
    message(endpoint, NOW)
    assert take()[0].headers is None


def test_what_was_removed_meanwhile_is_passed_over(endpoint: WebhookEndpoint) -> None:
    message(endpoint, NOW)
    (delivery,) = take()
    endpoint.delete()
    answered(delivery, FINE)
    gone = Delivery(uuid.uuid4(), uuid.uuid4(), "", b"", {})
    answered(gone, FINE)


@pytest.mark.django_db(transaction=True)
def test_couriers_share_and_never_take_the_same(cast: Cast) -> None:
    for _ in range(6):
        message(EndpointFactory.create(organization=cast.organization), NOW)
    found: list[Any] = at_once([lambda: take(limit=3)] * 4)
    ids = [one.id for taken in [*found, take()] for one in taken]
    assert len(ids) == len(set(ids)) == 6


@pytest.mark.django_db(transaction=True)
def test_what_another_took_between_the_look_and_the_lock_is_left_to_it(cast: Cast) -> None:
    row = message(EndpointFactory.create(organization=cast.organization), NOW)

    def other() -> None:
        """A courier that has taken the message and commits once the next one waits for it."""
        with transaction.atomic():
            WebhookMessage.objects.filter(pk=row.pk).update(taken_at=NOW, due_at=NOW + LEASE)
            held.set()
            deadline = time.monotonic() + 60
            while not locks_waited_for():
                assert time.monotonic() < deadline, "the second courier never came to the message"
                time.sleep(0.02)

    def second() -> list[Delivery]:
        assert held.wait(60)
        return take()

    held = Event()
    assert at_once([other, second]) == [None, []]


def test_readiness_tells_of_what_no_courier_took(endpoint: WebhookEndpoint) -> None:
    late = NOW + timedelta(minutes=6)
    message(endpoint, NOW)
    courier_alive(now=NOW + timedelta(minutes=4))
    with pytest.raises(TimeoutError):
        courier_alive(now=late)
    (delivery,) = take(late)
    courier_alive(now=late)
    answered(delivery, FAILED, late)
    message(endpoint, NOW)
    courier_alive(now=late + timedelta(seconds=4))  # a receiver that fails is not the courier's fault
    WebhookMessage.objects.all().delete()
    News.objects.create(organization=endpoint.organization, made_at=NOW)
    with pytest.raises(TimeoutError):
        courier_alive(now=late)
