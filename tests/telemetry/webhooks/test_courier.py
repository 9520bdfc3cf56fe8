"""The courier as it runs, with real receivers; what arrives is judged by the public verifier."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from standardwebhooks import Webhook

from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.webhooks import webhook_create
from apps.telemetry.enums import WebhookState
from apps.telemetry.integrations import web
from apps.telemetry.management.commands.courier import Courier
from apps.telemetry.models import WebhookEndpoint, WebhookMessage
from tests import databases
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.factories.webhooks import message
from tests.loops import in_a_loop
from tests.receivers import receiver
from tests.services import managed, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _without_topics(settings: Any) -> None:
    """All workers share the companies' broker: a courier here would shut out another worker's keys."""
    settings.TOPICS_URL = ""


def courier_until(
    check: Callable[[], bool], seconds: float = 60, first: Callable[[], None] = lambda: None
) -> None:
    """Run a courier in this process until ``check`` (which must not ask the database); ``first`` is done in
    its thread for the database."""

    async def run() -> None:
        courier = Courier(at_once=50, every=0.02)
        await courier._database(first)
        work = asyncio.create_task(courier.run())
        deadline = time.monotonic() + seconds
        while not check() and time.monotonic() < deadline and not work.done():
            await asyncio.sleep(0.01)
        courier.stop()
        await work

    in_a_loop(run())
    assert check()


def endpoint_at(cast: Cast, url: str) -> tuple[WebhookEndpoint, str]:
    return webhook_create(
        organization=cast.organization, actor=cast.owner, name="x", url=url, kinds=["uplink"]
    )


def test_a_reading_arrives_signed(cast: Cast) -> None:
    device = DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization), model=None)
    partitions.forget()
    with receiver() as here:
        endpoint, secret = endpoint_at(cast, here.url)
        with CodecRunner() as runner:
            event = encoded(uplink_event(device, f_cnt=7))
            store_batch(messages=[Incoming(topic_of(device), event, clock.now())], runner=runner)
        courier_until(lambda: bool(here.got))
    (got,) = here.got
    told = Webhook(secret).verify(got.body, got.headers)
    assert (told["type"], told["data"]["uplinks"][0]["f_cnt"]) == ("uplink", 7)
    row = endpoint.messages.get()
    assert (str(row.pk), row.state) == (got.id, WebhookState.DELIVERED)
    attempt = row.tries.get()
    assert (attempt.status, attempt.answer) == (200, "ok")
    assert attempt.request_headers["webhook-signature"] == got.headers["webhook-signature"]


def test_a_failure_is_tried_again_under_the_same_id(cast: Cast) -> None:
    with receiver() as here:
        endpoint, _secret = endpoint_at(cast, here.url)
        message(endpoint)
        here.status, here.answer = 500, b"a\x00b"
        courier_until(lambda: bool(here.got))
        row = endpoint.messages.get()
        assert (row.state, row.attempts, row.tries.get().answer) == (WebhookState.WAITING, 1, "ab")
        WebhookMessage.objects.update(due_at=clock.now())
        WebhookEndpoint.objects.update(rest_until=None)
        here.status = 204
        courier_until(lambda: len(here.got) == 2)
    assert here.got[0].id == here.got[1].id
    assert endpoint.messages.get().state == WebhookState.DELIVERED


def _reads_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")


def test_a_database_that_only_reads_is_left_for_a_new_connection(cast: Cast) -> None:
    """After a switch-over the courier hangs on the server that was the first one."""
    with receiver() as here:
        endpoint, _secret = endpoint_at(cast, here.url)
        message(endpoint)
        courier_until(lambda: bool(here.got), first=_reads_only)
    assert endpoint.messages.get().state == WebhookState.DELIVERED


def test_one_that_hangs_holds_up_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The healthy one has everything while the other still hangs: it is let go only then."""
    monkeypatch.setattr(web, "WHOLE_SECONDS", 3_600)
    with receiver() as dead, receiver() as here:
        dead.act = dead.hang
        hanging, _secret = endpoint_at(cast, dead.url)
        healthy, _secret = endpoint_at(cast, here.url)
        for _ in range(20):
            message(hanging)
        for _ in range(5):
            message(healthy)

        def done() -> bool:
            if len(here.got) == 5 and len(dead.got) == 2:
                dead.over.set()
                return True
            return False

        courier_until(done)
    assert healthy.messages.filter(state=WebhookState.DELIVERED).count() == 5
    assert not hanging.messages.filter(state=WebhookState.DELIVERED).exists()


def test_a_courier_killed_in_the_middle_sends_again_under_the_same_id(cast: Cast, tmp_path: Path) -> None:
    url = databases.url_of(str(connection.settings_dict["NAME"]))
    with receiver() as here:
        endpoint, secret = endpoint_at(cast, here.url)
        message(endpoint, body=b'{"type":"uplink","data":{}}')
        here.act = here.hang
        log = tmp_path / "log"
        with managed("courier", log=log, MACHITRY_DATABASE_URL=url, MACHITRY_TOPICS_URL="") as process:
            wait_until("the message under way", lambda: here.got)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert WebhookMessage.objects.get().taken_at is not None
        assert not WebhookMessage.objects.get().tries.exists()
        WebhookMessage.objects.update(due_at=clock.now())  # the lease is over
        here.act = None
        courier_until(lambda: len(here.got) == 2)
    assert here.got[0].id == here.got[1].id == str(endpoint.messages.get().pk)
    assert Webhook(secret).verify(here.got[1].body, here.got[1].headers) == json.loads(here.got[1].body)
    assert endpoint.messages.get().state == WebhookState.DELIVERED
    assert settings.WEBHOOK_NETWORKS == ["127.0.0.0/8"]
