"""Prior consultations and the log of visits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.audit.models import AuditEntry
from apps.calls.domain.consultation import (
    CONSULTATION_STEPS,
    consultation_arrange,
    consultation_cancel,
    consultation_done,
    consultation_reopen,
    consultation_request,
    consultation_save,
    consultation_state_set,
)
from apps.calls.domain.outreach import visit_save, visit_step_done
from apps.calls.enums import ConsultationState
from apps.calls.models import Call, Consultation, OutreachVisit
from apps.calls.selectors.asking import found
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.asking import ConsultationFactory, OutreachVisitFactory
from tests.factories.calls import CallFactory

WORDS: dict[str, Any] = {
    "contact_name": "見本 太郎",
    "email": "farm@example.jp",
    "topic": "ハウスの温度 http://spam.example/ を測りたい",
    "organization_name": "みほん農園",
}


def ask(call: Call | None = None, **changes: Any) -> Consultation:
    return consultation_request(call=call or CallFactory.create(), **{**WORDS, **changes})


def test_a_receipt_leaves_at_once_without_a_word_of_what_was_typed(cast: Cast) -> None:
    row = ask(language="en")
    assert row.state == "waiting"
    mail = Message.objects.get()
    assert (mail.to_email, mail.language, mail.state) == ("farm@example.jp", "en", "queued")
    for typed in ("見本", "spam", "みほん農園"):
        assert typed not in mail.body + mail.subject


def test_nobody_can_be_bombed_with_receipts_and_no_request_is_lost(cast: Cast) -> None:
    call = CallFactory.create()
    for n in range(8):
        ask(call, topic=f"話{n}", email=f"{'Farm' if n % 2 else 'farm'}@example.jp")
    assert Message.objects.count() == 3
    assert Consultation.objects.count() == 8
    ask(call, topic="話", email="other@example.jp")
    assert Message.objects.count() == 4


def test_the_same_request_twice_is_one(cast: Cast) -> None:
    call = CallFactory.create()
    assert ask(call) == ask(call)
    assert Message.objects.count() == 1


def test_closed_calls_and_odd_input_are_refused(cast: Cast) -> None:
    closed = CallFactory.create(closes_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(Conflict):
        ask(closed)
    odd: list[dict[str, Any]] = [{"email": "x"}, {"contact_name": " "}, {"topic": "あ" * 10_001}]
    for wrong in (*odd, {"phone": "1" * 31}):
        with pytest.raises(ValidationError):
            ask(**wrong)
    assert not Message.objects.exists()


def test_arranged_changed_and_done(cast: Cast) -> None:
    row, when = ask(), clock.now() + timedelta(days=3)
    with pytest.raises(InvalidInput):
        consultation_arrange(consultation=row, actor=cast.staff, meeting_at=when, meeting_place=" ")
    row = consultation_arrange(
        consultation=row, actor=cast.staff, meeting_at=when, meeting_place="市役所3階", version=1
    )
    assert (row.state, row.handled_by) == ("arranged", cast.staff)
    with pytest.raises(Conflict):
        consultation_arrange(
            consultation=row, actor=cast.staff, meeting_at=when, meeting_place="x", version=1
        )
    consultation_arrange(consultation=row, actor=cast.staff, meeting_at=when, meeting_place="オンライン")
    bodies = list(
        Message.objects.filter(template="calls-consultation-arranged").values_list("body", flat=True)
    )
    assert len(bodies) == 2
    assert any("市役所3階" in body for body in bodies)
    done = consultation_done(consultation=row, actor=cast.staff, staff_notes="水位計を勧めた")
    assert (done.state, done.staff_notes) == ("done", "水位計を勧めた")
    assert Message.objects.count() == 3
    assert list(found(Consultation.objects.all(), "水位")) == [done]


def test_cancelled_with_or_without_a_mail_and_taken_up_again(cast: Cast) -> None:
    row = ConsultationFactory.create()
    with pytest.raises(InvalidInput):
        consultation_cancel(consultation=row, actor=cast.staff, reason="", tell=True)
    consultation_cancel(consultation=row, actor=cast.staff, reason="重複", tell=False)
    assert not Message.objects.exists()
    again = consultation_reopen(consultation=row, actor=cast.staff)
    assert again.state == "waiting"
    told = consultation_cancel(consultation=row, actor=cast.staff, reason="日が合いません", tell=True)
    assert "重複" in told.staff_notes
    assert "日が合いません" in Message.objects.get().body


def test_a_phone_call_is_noted_without_any_mail(cast: Cast) -> None:
    row = consultation_save(
        consultation=Consultation(contact_name="電話の人", topic="場所の相談"), actor=cast.staff
    )
    assert row.handled_by == cast.staff
    when = clock.now()
    row = consultation_arrange(consultation=row, actor=cast.staff, meeting_at=when, meeting_place="窓口")
    row.staff_notes = "記録"
    assert consultation_save(consultation=row, actor=cast.staff).state == "arranged"
    assert not Message.objects.exists()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"consultation.add", "consultation.arrange", "consultation.note"} <= actions


@pytest.mark.parametrize("name", ["owner", "stranger", "reviewer"])
def test_only_staff_keep_the_logs(cast: Cast, name: str) -> None:
    row, visit, actor = ConsultationFactory.create(), OutreachVisitFactory.create(), getattr(cast, name)
    acts = (
        lambda: consultation_save(consultation=row, actor=actor),
        lambda: consultation_done(consultation=row, actor=actor, staff_notes=""),
        lambda: consultation_cancel(consultation=row, actor=actor, reason="x", tell=False),
        lambda: consultation_reopen(consultation=row, actor=actor),
        lambda: visit_save(visit=visit, actor=actor),
        lambda: visit_step_done(visit=visit, actor=actor),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


def test_no_other_step_than_those_of_the_table_is_taken(cast: Cast) -> None:
    for source in ConsultationState.values:
        for target in ConsultationState.values:
            row = ConsultationFactory.create(state=source)
            if (source, target) in CONSULTATION_STEPS:
                consultation_state_set(consultation=row, target=target, actor=cast.staff, changes={})
                continue
            with pytest.raises(Conflict):
                consultation_state_set(consultation=row, target=target, actor=cast.staff, changes={})


def test_a_visit_is_written_and_its_next_step_done(cast: Cast) -> None:
    visit = visit_save(
        visit=OutreachVisit(
            visited_on=clock.local_date(), organization_name=" みほん\u202e商会 ", notes="鍵"
        ),
        actor=cast.staff,
    )
    assert (visit.staff, visit.organization_name) == (cast.staff, "みほん商会")
    assert list(found(OutreachVisit.objects.all(), "商会")) == [visit]
    for _again in range(2):
        assert visit_step_done(visit=visit, actor=cast.staff).next_done
    assert AuditEntry.objects.filter(action="visit.step_done").count() == 1
    with pytest.raises(ValidationError):
        visit_save(visit=OutreachVisit(visited_on=clock.local_date()), actor=cast.staff)
