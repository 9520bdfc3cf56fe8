"""Sending: a real server that is up, away, back, and refuses."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from apps.core import clock
from apps.outbox.domain import (
    drain,
    job_queue,
    jobs_wake,
    message_queue,
    outbox_drain,
    register_job_handler,
)
from apps.outbox.domain.drain import MAX_ATTEMPTS, wait_after
from apps.outbox.enums import JobState, MessageState
from apps.outbox.integrations import wake
from apps.outbox.models import Job, Message
from apps.outbox.selectors import check_lag
from tests.outbox.conftest import MailServer

pytestmark = pytest.mark.django_db


def queue(to: str = "haru@example.jp", **more: Any) -> Message:
    context = {
        "code": "123456",
        "minutes": 10,
        "site_name": "まちトライ",
        "city": "見本市",
        "department": "担当",
    }
    return message_queue(to=to, language="ja", template="accounts-code", context=context, **more)


def states() -> dict[str, str]:
    return dict(Message.objects.values_list("to_email", "state"))


def test_a_queued_mail_reaches_the_server_as_it_was_rendered(mail_server: MailServer) -> None:
    message = queue()
    assert outbox_drain().sent == 1
    (taken,) = mail_server.taken
    assert taken["Subject"].strip() == message.subject
    assert taken["To"] == "haru@example.jp"
    assert taken["Message-ID"].startswith(f"<{message.pk}@")
    assert taken.get_content().replace("\r\n", "\n") == message.body
    message.refresh_from_db()
    assert (message.state, message.body, message.attempts) == (MessageState.SENT, message.body, 1)
    assert outbox_drain().sent == 0


def test_a_secret_is_wiped_once_it_is_sent_and_never_shown_again(mail_server: MailServer) -> None:
    queue(secret=True)
    outbox_drain()
    assert "123456" in mail_server.taken[0].get_content()
    assert Message.objects.get().body == ""


def test_while_the_server_is_away_mails_wait_and_then_go(mail_server: MailServer) -> None:
    mail_server.stop()
    for number in range(3):
        queue(f"person{number}@example.jp")
    drained = outbox_drain()
    assert drained.outage
    assert set(states().values()) == {MessageState.QUEUED}
    assert "Refused" in Message.objects.exclude(last_error="").get().last_error
    mail_server.start()
    assert outbox_drain(now=clock.now() + timedelta(minutes=2)).sent == 3
    assert len(mail_server.taken) == 3


def test_a_long_outage_fails_no_mail(mail_server: MailServer) -> None:
    mail_server.stop()
    queue()
    for hours in range(MAX_ATTEMPTS + 3):
        outbox_drain(now=clock.now() + timedelta(hours=hours))
    assert states() == {"haru@example.jp": MessageState.QUEUED}


def test_one_refused_address_stops_nobody_else(mail_server: MailServer) -> None:
    for name in ("first", "refused", "last"):
        queue(f"{name}@example.jp")
    drained = outbox_drain()
    assert (drained.sent, drained.failed) == (2, 1)
    assert states()["refused@example.jp"] == MessageState.FAILED
    assert "550" in Message.objects.get(to_email="refused@example.jp").last_error


def test_a_refusal_for_now_is_tried_again_and_given_up_in_the_end(mail_server: MailServer) -> None:
    queue("later@example.jp")
    now = clock.now()
    outbox_drain(now=now)
    message = Message.objects.get()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 1)
    assert message.next_attempt_at == now + wait_after(1)
    assert outbox_drain(now=now).sent == 0
    for day in range(1, MAX_ATTEMPTS):
        outbox_drain(now=now + timedelta(days=day))
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.FAILED, MAX_ATTEMPTS)


def test_the_wait_grows_up_to_an_hour() -> None:
    assert [wait_after(n).total_seconds() / 60 for n in (1, 2, 3, 6, 7, 50)] == [1, 2, 4, 32, 60, 60]


def test_a_code_that_is_late_is_not_sent(mail_server: MailServer) -> None:
    queue(secret=True)
    outbox_drain(now=clock.now() + timedelta(minutes=31))
    message = Message.objects.get()
    assert (message.state, message.body) == (MessageState.DISCARDED, "")
    assert not mail_server.taken


def test_held_mails_stay(mail_server: MailServer) -> None:
    queue(held=True, batch="b")
    assert outbox_drain().sent == 0


@pytest.mark.django_db(transaction=True)
def test_two_drainers_send_each_mail_once(mail_server: MailServer) -> None:
    for number in range(12):
        queue(f"person{number}@example.jp")

    def run() -> None:
        outbox_drain()
        connection.close()

    drainers = [threading.Thread(target=run) for _ in range(3)]
    for thread in drainers:
        thread.start()
    for thread in drainers:
        thread.join()
    assert sorted(mail["To"] for mail in mail_server.taken) == sorted(
        f"person{number}@example.jp" for number in range(12)
    )


@pytest.mark.django_db(transaction=True)
def test_a_crash_after_sending_leaves_the_mail_queued_with_the_same_id(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue()

    def crash(**kwargs: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(drain, "messages_move", crash)
        with pytest.raises(SystemExit):
            outbox_drain()
    assert states() == {"haru@example.jp": MessageState.QUEUED}
    outbox_drain()
    assert len({mail["Message-ID"] for mail in mail_server.taken}) == 1


def test_a_dedupe_key_seen_before_adds_nothing() -> None:
    assert queue(dedupe_key="k") == queue("other@example.jp", dedupe_key="k")


def test_jobs_are_done_retried_and_given_up() -> None:
    done: list[dict[str, Any]] = []

    def fail(payload: dict[str, Any]) -> None:
        queue("undone@example.jp", held=True, batch="b")
        raise ValueError("no")

    register_job_handler("test.good", done.append)
    register_job_handler("test.bad", fail)
    for kind in ("test.good", "test.bad", "test.unknown"):
        job_queue(kind=kind, payload={"kind": kind})
    for day in range(MAX_ATTEMPTS):
        outbox_drain(now=clock.now() + timedelta(days=day))
    assert done == [{"kind": "test.good"}]
    assert dict(Job.objects.values_list("kind", "state")) == {
        "test.good": JobState.DONE,
        "test.bad": JobState.FAILED,
        "test.unknown": JobState.FAILED,
    }
    assert Job.objects.get(kind="test.bad").last_error == "ValueError: no"
    assert not Message.objects.exists()


def test_a_job_that_waits_keeps_what_it_wrote_and_never_fails() -> None:
    turns: list[dict[str, Any]] = []
    start = clock.now()

    def waits(payload: dict[str, Any]) -> datetime | None:
        turns.append(payload)
        queue(f"turn{len(turns)}@example.jp", held=True, batch="b")
        return None if len(turns) > MAX_ATTEMPTS else start + timedelta(days=len(turns))

    register_job_handler("test.waits", waits)
    job_queue(kind="test.waits", payload={})
    for day in range(MAX_ATTEMPTS):
        assert outbox_drain(now=start + timedelta(days=day, seconds=1)).done == 0
    assert len(turns) == Message.objects.count() == MAX_ATTEMPTS
    assert outbox_drain(now=start + timedelta(days=1)).done == 0  # not before its time
    assert jobs_wake(kind="test.other") == 0
    assert jobs_wake(kind="test.waits", now=start) == 1
    assert outbox_drain(now=start + timedelta(seconds=1)).done == 1
    assert Job.objects.get().state == JobState.DONE


def test_the_command_sends_once(mail_server: MailServer) -> None:
    queue()
    out = StringIO()
    call_command("outbox_drain", "--once", stdout=out)
    assert out.getvalue() == "sent 1, failed 0, jobs done 0\n"


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_queueing_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def away(name: str, **kwargs: Any) -> None:
        calls.append(name)
        raise ConnectionError("no broker")

    monkeypatch.setattr(wake, "_down_until", 0.0)
    monkeypatch.setattr(wake.current_app, "send_task", away)
    with transaction.atomic():
        queue()
        queue("other@example.jp")
    queue("third@example.jp")
    assert calls == ["outbox.drain"]
    assert Message.objects.count() == 3


def test_readiness_tells_when_mails_do_not_leave(client: Client) -> None:
    check_lag()
    queue()
    check_lag()
    Message.objects.update(
        created_at=clock.now() - timedelta(minutes=11), updated_at=clock.now() - timedelta(minutes=11)
    )
    with pytest.raises(TimeoutError):
        check_lag()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["outbox"]) == (200, "TimeoutError")


def test_a_code_leaves_before_older_mails_and_between_two_jobs(mail_server: MailServer) -> None:
    done: list[int] = []

    def slow(payload: dict[str, Any]) -> None:
        done.append(len(mail_server.taken))
        queue(to=f"during{payload['number']}@example.jp", secret=True)

    register_job_handler("test.slow", slow)
    queue(to="older@example.jp")
    queue(to="code@example.jp", secret=True)
    for number in range(2):
        job_queue(kind="test.slow", payload={"number": number})
    outbox_drain()
    taken = [mail["To"] for mail in mail_server.taken]
    assert taken == ["code@example.jp", "older@example.jp", "during0@example.jp", "during1@example.jp"]
    assert done == [2, 3]
