"""Making final on bad days, on real PostgreSQL: twice at once, against others, killed half-way."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from apps.calls.domain import application_withdraw
from apps.calls.domain.deciding import decision_save, decision_sign
from apps.calls.domain.publishing import decisions_publish, decisions_take_back
from apps.calls.models import Application, Decision, Letter
from apps.core.errors import Conflict
from apps.outbox.domain import batch_release
from apps.outbox.models import Message
from tests.concurrency import at_once, locks_waited_for
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final, quiet, signed
from tests.factories.organizations import OrganizationFactory
from tests.factories.people import UserFactory
from tests.killing import killed_at_a_lock, killed_is_gone, locker, run_through

pytestmark = pytest.mark.django_db(transaction=True)


def staff() -> Any:
    return UserFactory.create(is_staff=True)


def many(number: int, outcome: str = "adopt") -> list[Application]:
    """Applications of one call, their decisions signed."""
    call, who = CallFactory.create(code="2026"), staff()
    rows: list[Application] = SubmittedFactory.create_batch(
        number, call=call, organization=OrganizationFactory.create()
    )
    for row in rows:
        signed(row, who, outcome)
    return rows


def versions(rows: list[Application]) -> dict[uuid.UUID, int]:
    found = Decision.objects.filter(application__in=rows)
    return dict(found.values_list("application_id", "version"))


def publishing(rows: list[Application]) -> Callable[[], str]:
    chosen, who = versions(rows), staff()
    return lambda: decisions_publish(call=rows[0].call, versions=chosen, actor=who)


def refusals(results: list[Any]) -> list[type]:
    return [type(result) for result in results if isinstance(result, Exception)]


def test_two_staff_deciding_at_once() -> None:
    application = SubmittedFactory.create()
    acts = [
        lambda who=who: decision_save(
            application=application, actor=who, version=0, outcome="decline", reason=who.email
        )
        for who in (staff(), staff())
    ]
    results = at_once(acts)
    assert refusals(results) == [Conflict]
    kept = Decision.objects.get()
    assert (kept.version, kept.reason) == (1, kept.decided_by.email)


def test_two_signing_at_once_are_one_signature() -> None:
    row = quiet(SubmittedFactory.create(), staff())
    acts = [lambda who=who: decision_sign(decision=row, actor=who, version=1) for who in (staff(), staff())]
    assert refusals(at_once(acts)) == [Conflict]
    assert Decision.objects.get().version == 2


def test_signing_against_a_change() -> None:
    application, who = SubmittedFactory.create(), staff()
    row = quiet(application, who)
    results = at_once(
        [
            lambda: decision_sign(decision=row, actor=staff(), version=1),
            lambda: decision_save(
                application=application, actor=who, version=1, outcome="adopt", granted_devices=3
            ),
        ]
    )
    assert refusals(results) == [Conflict]
    kept = Decision.objects.get()
    assert (kept.signed_by is None) == (kept.granted_devices == 3)


def test_twice_at_once_each_mail_once() -> None:
    rows = many(3)
    results = at_once([publishing(rows) for _n in range(3)])
    assert refusals(results) == [Conflict, Conflict]
    assert Message.objects.filter(state="held").count() == 3
    assert set(Application.objects.values_list("state", flat=True)) == {"adopted"}


def test_two_that_overlap_do_not_wait_for_each_other_for_ever() -> None:
    rows = many(4)
    results = at_once([publishing(rows[:3]), publishing(rows[:0:-1])])
    assert refusals(results) == [Conflict]
    assert Message.objects.count() == 3


def test_two_at_once_do_not_give_one_place_twice() -> None:
    rows = many(2, "waitlist")
    assert refusals(at_once([publishing(rows[:1]), publishing(rows[1:])])) == [Conflict]
    assert Application.objects.filter(state="waitlisted").count() == 1


def test_against_the_applicant_who_withdraws() -> None:
    rows = many(3)
    withdraw = rows[1]
    results = at_once(
        [
            publishing(rows),
            lambda: application_withdraw(application=withdraw, actor=withdraw.created_by),
        ]
    )
    states = sorted(Application.objects.values_list("state", flat=True))
    held = Message.objects.filter(state="held").count()
    if refusals(results):
        # Withdrawn first: nothing became final.
        assert (states, held) == (["submitted", "submitted", "withdrawn"], 0)
    else:
        assert (states, held) == (["adopted", "adopted", "withdrawn"], 2)
    assert Decision.objects.get(application=withdraw).published_at is None


def test_withdrawing_while_it_becomes_final_leaves_no_mail() -> None:
    """The applicant's act waits at the lock that making final holds, and then sees its mails."""
    rows = many(1)
    results: list[Any] = []

    def withdraw() -> None:
        try:
            results.append(application_withdraw(application=rows[0], actor=rows[0].created_by))
        finally:
            connection.close()

    other = threading.Thread(target=withdraw)
    with transaction.atomic():
        publishing(rows)()
        other.start()
        deadline = time.monotonic() + 60
        while not locks_waited_for():
            assert time.monotonic() < deadline, "it never came to the lock"
            time.sleep(0.02)
    other.join(60)
    assert [row.state for row in results] == ["withdrawn"]
    assert list(Message.objects.values_list("state", flat=True)) == ["discarded"]


def test_taking_back_against_the_release() -> None:
    who = staff()
    row = final(SubmittedFactory.create(call__code="2026", organization=OrganizationFactory.create()), who)
    chosen = versions([row])
    results = at_once(
        [
            lambda: decisions_take_back(call=row.call, versions=chosen, actor=who),
            lambda: batch_release(batch="decision-2026", actor=who),
        ]
    )
    row.refresh_from_db()
    mail = Message.objects.get()
    told = row.decision_is_told
    assert (row.state, mail.state in ("queued", "sent")) == (
        ("adopted", True) if told else ("submitted", False)
    )
    assert bool(refusals(results)) == told


SCRIPT = """
import django, os, sys
django.setup()
from apps.accounts.models import User
from apps.calls.domain.publishing import decisions_publish
from apps.calls.models import Call, Decision
call = Call.objects.get(code="2026")
versions = dict(Decision.objects.values_list("application_id", "version"))
print("ready", flush=True)
decisions_publish(call=call, versions=versions, actor=User.objects.filter(is_staff=True).first())
"""


def test_a_process_killed_half_way_leaves_nothing_and_the_next_does_all_once() -> None:
    """The process stops at a lock that the test holds on the mails of the last application, when the
    others are written but not committed; there it gets SIGKILL."""
    rows = sorted(many(4), key=lambda row: row.pk)
    with locker() as held_by:
        last = rows[-1]
        # A mail with the very key of the last one, not committed: writing that one waits for it.
        key = f"calls-decision-adopted:{last.pk}:{last.version + 1}"
        _hold(held_by, key)
        killed_at_a_lock(SCRIPT)
        held_by.rollback()
    killed_is_gone()
    assert set(Application.objects.values_list("state", flat=True)) == {"submitted"}
    assert not Message.objects.exists()
    assert not Decision.objects.filter(published_at__isnull=False).exists()
    assert not Letter.objects.exists()

    done = run_through(SCRIPT)
    assert done.returncode == 0, done.stderr
    assert set(Application.objects.values_list("state", flat=True)) == {"adopted"}
    assert sorted(Message.objects.values_list("state", flat=True)) == ["held"] * 4
    assert sorted(Letter.objects.values_list("serial", flat=True)) == [1, 2, 3, 4]
    assert run_through(SCRIPT).returncode != 0
    assert Message.objects.count() == 4


def _hold(locker: psycopg.Connection[Any], key: str) -> None:
    columns = {
        "id": uuid.uuid4(), "created_at": "now()", "updated_at": "now()", "state": "held",
        "to_email": "x@example.jp", "language": "ja", "template": "x", "subject": "x",
        "body": "x", "batch": "", "secret": False,
        "attachments": "[]", "attempts": 0, "last_error": "", "dedupe_key": key,
    }  # fmt: skip
    names = ", ".join(columns)
    marks = ", ".join("now()" if value == "now()" else "%s" for value in columns.values())
    locker.execute(
        f"INSERT INTO outbox_message ({names}) VALUES ({marks})",
        [value for value in columns.values() if value != "now()"],
    )
