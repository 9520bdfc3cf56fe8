"""The city decides; nothing is told before its mail is released."""

from __future__ import annotations

import pytest

from apps.calls.domain import application_decide, application_withdraw
from apps.calls.enums import ApplicationState
from apps.calls.models import Application
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.outbox.domain import batch_release
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import CallFactory, SubmittedFactory


@pytest.fixture
def application(cast: Cast) -> Application:
    call = CallFactory.create(code="2026", device_quota=50, message_quota=5000)
    return SubmittedFactory.create(call=call, created_by=cast.owner, organization=cast.organization)


def test_adopting_holds_one_mail_and_grants_the_call_s_guide(application: Application, cast: Cast) -> None:
    row = application_decide(application=application, actor=cast.staff, version=1, adopt=True)
    assert (row.state, row.granted_devices, row.granted_messages) == ("adopted", 50, 5000)
    assert (row.decided_by, row.public_state) == (cast.staff, ApplicationState.SUBMITTED)
    mail = Message.objects.get()
    assert (mail.state, mail.batch, mail.to_email, mail.template) == (
        MessageState.HELD,
        "decision-2026",
        "haru@example.jp",
        "calls-decision-adopted",
    )


def test_declining_needs_a_reason_and_tells_it(application: Application, cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refused:
        application_decide(application=application, actor=cast.staff, version=1, adopt=False, reason=" ")
    assert list(refused.value.fields) == ["reason"]
    application_decide(
        application=application, actor=cast.staff, version=1, adopt=False, reason="電波が届きません。"
    )
    mail = Message.objects.get()
    assert mail.template == "calls-decision-declined"
    assert "電波が届きません。" in mail.body


@pytest.mark.parametrize("granted", [0, -1, 3_000_000_000])
def test_impossible_grants_are_refused(application: Application, cast: Cast, granted: int) -> None:
    with pytest.raises(InvalidInput):
        application_decide(
            application=application, actor=cast.staff, version=1, adopt=True, granted_devices=granted
        )


def test_until_it_is_told_the_decision_and_its_mail_can_be_replaced(
    application: Application, cast: Cast
) -> None:
    first = application_decide(application=application, actor=cast.staff, version=1, adopt=True)
    application_decide(
        application=application, actor=cast.staff, version=first.version, adopt=False, reason="理由"
    )
    states = dict(Message.objects.values_list("template", "state"))
    assert states == {
        "calls-decision-adopted": MessageState.DISCARDED,
        "calls-decision-declined": MessageState.HELD,
    }
    assert batch_release(batch="decision-2026", actor=cast.staff) == 1
    application.refresh_from_db()
    application.call.refresh_from_db()
    assert application.public_state == ApplicationState.DECLINED
    assert application.call.results_published_at == application.decision_published_at
    with pytest.raises(Conflict) as refused:
        application_decide(application=application, actor=cast.staff, version=application.version, adopt=True)
    assert refused.value.code == "told"


def test_of_two_staff_the_second_is_told(application: Application, cast: Cast) -> None:
    application_decide(application=application, actor=cast.staff, version=1, adopt=True)
    with pytest.raises(Conflict) as refused:
        application_decide(application=application, actor=cast.staff, version=1, adopt=False, reason="理由")
    assert refused.value.code == "changed"
    assert Message.objects.count() == 1


def test_releasing_tells_only_those_whose_mail_left(application: Application, cast: Cast) -> None:
    other = SubmittedFactory.create(call=application.call, created_by=cast.stranger)
    application_decide(application=application, actor=cast.staff, version=1, adopt=True)
    batch_release(batch="decision-2026", actor=cast.staff)
    application_decide(application=other, actor=cast.staff, version=1, adopt=True)
    other.refresh_from_db()
    application.refresh_from_db()
    assert application.decision_is_told
    assert not other.decision_is_told


def test_withdrawing_works_the_same_after_a_secret_decision(application: Application, cast: Cast) -> None:
    application_decide(application=application, actor=cast.staff, version=1, adopt=False, reason="理由")
    row = application_withdraw(application=application, actor=cast.owner)
    assert (row.state, row.decision_reason, row.decided_at) == ("withdrawn", "", None)
    assert Message.objects.get().state == MessageState.DISCARDED


@pytest.mark.parametrize("person", ["owner", "stranger", "reviewer"])
def test_only_staff_decide(application: Application, cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        application_decide(application=application, actor=getattr(cast, person), version=1, adopt=True)
    assert not Message.objects.exists()
