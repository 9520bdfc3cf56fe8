"""Releasing on bad days, on real PostgreSQL: the process is killed in the middle, several press at once."""

from __future__ import annotations

from typing import Any

import pytest

from apps.calls.models import Application, Letter
from apps.outbox.domain import batch_release, outbox_drain
from apps.outbox.models import Message
from apps.outbox.selectors import held_batch
from tests.concurrency import at_once
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final
from tests.factories.organizations import OrganizationFactory
from tests.factories.people import UserFactory
from tests.killing import killed_at_a_lock, killed_is_gone, locker, run_through

pytestmark = pytest.mark.django_db(transaction=True)
BATCH = "decision-2026"
SCRIPT = f"""
import django
django.setup()
from apps.accounts.models import User
from apps.outbox.domain import batch_release
print(batch_release(batch="{BATCH}", actor=User.objects.filter(is_staff=True).first()))
"""


def held(number: int) -> list[Application]:
    call, staff = CallFactory.create(code="2026"), UserFactory.create(is_staff=True)
    organization = OrganizationFactory.create()
    rows = SubmittedFactory.create_batch(number, call=call, organization=organization)
    return [final(row, staff) for row in rows]


def counts() -> tuple[int, int, int]:
    """Mails that may leave, decisions and letters that were told."""
    return (
        Message.objects.exclude(state="held").count(),
        Application.objects.exclude(decision_published_at=None).count(),
        Letter.objects.exclude(told_at=None).count(),
    )


def test_killed_while_releasing_none_is_told_and_the_next_press_sends_each_once() -> None:
    """The mails are written as released when the process stops at the last application, which the test
    holds locked; there it gets SIGKILL."""
    last = max(held(3), key=lambda row: row.pk)
    with locker() as held_by:
        held_by.execute("SELECT 1 FROM calls_application WHERE id = %s FOR UPDATE", [last.pk])
        killed_at_a_lock(SCRIPT)
        held_by.rollback()
    killed_is_gone()
    assert counts() == (0, 0, 0)
    for sent in ("3", "0"):
        done = run_through(SCRIPT)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[-1] == sent
        assert counts() == (3, 3, 3)


def test_several_press_at_once_and_each_mail_leaves_once(mailoutbox: list[Any]) -> None:
    held(2)
    who, seen = UserFactory.create(is_staff=True), held_batch(BATCH).digest
    results = at_once(
        [lambda: batch_release(batch=BATCH, actor=who, expected=2, seen=seen) for _n in range(3)]
    )
    assert sorted(results) == [0, 0, 2]
    at_once([outbox_drain, outbox_drain])
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}
    assert counts() == (2, 2, 2)
