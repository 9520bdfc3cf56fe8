"""What a final decision does to its application; nothing is told before its mail is released."""

from __future__ import annotations

import pytest

from apps.calls.domain import application_accept, application_withdraw
from apps.calls.domain.publishing import decisions_take_back
from apps.calls.enums import ApplicationState
from apps.calls.models import Application
from apps.core import clock
from apps.core.errors import Conflict
from apps.outbox.domain import batch_release
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final


@pytest.fixture
def application(cast: Cast) -> Application:
    call = CallFactory.create(code="2026", device_quota=50, message_quota=5000, answer_days=14)
    return SubmittedFactory.create(call=call, created_by=cast.owner, organization=cast.organization)


def test_adopting_holds_one_mail_and_grants_what_was_asked(application: Application, cast: Cast) -> None:
    row = final(application, cast.staff)
    assert (row.state, row.granted_devices, row.granted_messages) == ("adopted", 12, 1728)
    assert (row.decided_by, row.public_state) == (cast.staff, ApplicationState.SUBMITTED)
    mail = Message.objects.get()
    assert (mail.state, mail.batch, mail.to_email) == (
        MessageState.HELD,
        "decision-2026",
        "haru@example.jp",
    )


def test_where_nothing_is_known_the_call_s_guide_is_granted(application: Application, cast: Cast) -> None:
    Application.objects.update(sensors=[], device_count=None, devices_undecided=True)
    row = final(application, cast.staff)
    assert (row.granted_devices, row.granted_messages) == (50, 5000)


@pytest.mark.parametrize(
    ("outcome", "state", "rank"),
    [
        ("adopt", "adopted", None),
        ("conditions", "adopted", None),
        ("waitlist", "waitlisted", 1),
        ("decline", "declined", None),
    ],
)
def test_each_outcome_and_its_way_back(
    application: Application, cast: Cast, outcome: str, state: str, rank: int | None
) -> None:
    row = final(application, cast.staff, outcome)
    assert (row.state, row.waitlist_rank) == (state, rank)
    assert bool(row.conditions) == (outcome == "conditions")
    assert (row.granted_devices is None) == (outcome == "decline")
    assert Message.objects.get().state == MessageState.HELD
    decisions_take_back(call=row.call, versions={row.pk: row.decision.version}, actor=cast.staff)
    row.refresh_from_db()
    assert (row.state, row.decided_at, row.granted_devices, row.conditions) == ("submitted", None, None, "")
    assert Message.objects.get().state == MessageState.DISCARDED
    assert row.decision.outcome == outcome


def test_the_days_to_answer_begin_when_it_is_told(application: Application, cast: Cast) -> None:
    row = final(application, cast.staff)
    assert row.answer_due_at is None
    assert batch_release(batch="decision-2026", actor=cast.staff) == 1
    row.refresh_from_db()
    row.call.refresh_from_db()
    assert row.call.results_published_at == row.decision_published_at
    due = row.answer_due_at
    assert due is not None
    assert (clock.local_date(due) - clock.local_date()).days == 14
    with pytest.raises(Conflict) as late:
        application_accept(application=row, actor=cast.owner, now=due.replace(microsecond=1))
    assert late.value.code == "late"
    assert application_accept(application=row, actor=cast.owner, now=due).state == "accepted"


def test_the_days_to_answer_are_those_of_an_adoption_only(application: Application, cast: Cast) -> None:
    final(application, cast.staff, "waitlist")
    batch_release(batch="decision-2026", actor=cast.staff)
    application.refresh_from_db()
    assert application.answer_due_at is None
    assert application.public_state == ApplicationState.WAITLISTED


def test_releasing_tells_only_those_whose_mail_left(application: Application, cast: Cast) -> None:
    other = SubmittedFactory.create(call=application.call, created_by=cast.stranger, organization=cast.other)
    final(application, cast.staff)
    batch_release(batch="decision-2026", actor=cast.staff)
    final(other, cast.staff)
    other.refresh_from_db()
    application.refresh_from_db()
    assert application.decision_is_told
    assert not other.decision_is_told


def test_withdrawing_works_the_same_after_a_secret_decision(application: Application, cast: Cast) -> None:
    final(application, cast.staff, "decline")
    row = application_withdraw(application=application, actor=cast.owner)
    assert (row.state, row.decision_reason, row.decided_at) == ("withdrawn", "", None)
    assert row.decision.published_at is None
    assert Message.objects.get().state == MessageState.DISCARDED
