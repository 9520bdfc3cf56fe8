"""Sending back, extending, taking back, notes, read marks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.audit.models import AuditEntry
from apps.calls.domain import application_save, application_submit, application_withdraw
from apps.calls.domain.intake import (
    application_extend,
    application_mark_read,
    application_return,
    application_take_back,
    staff_note_add,
)
from apps.calls.domain.intake_mails import return_preview
from apps.calls.domain.publishing import decisions_publish
from apps.calls.models import AnswerVariant, Application, ReadMark, StaffNote
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.registry import work_queue
from apps.outbox.models import Message
from tests.calls.conftest import PLEDGES
from tests.calls.domain.test_races import at_once
from tests.cast import Cast
from tests.factories.calls import SubmittedFactory
from tests.factories.deciding import final, signed
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def sent_back(cast: Cast, application: Application | None = None, **values) -> Application:
    application = application or SubmittedFactory.create(created_by=cast.owner)
    until = clock.now() + WEEK
    return application_return(
        application=application,
        actor=cast.staff,
        version=application.version,
        **{"message": "計画の日付を直してください。", "until": until, **values},
    )


def test_sending_back_tells_the_applicant_at_once(cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    until = clock.now() + WEEK
    preview = return_preview(
        Application.objects.get(pk=application.pk), message="計画の日付を直してください。", until=until
    )
    row = sent_back(cast, application, until=until)
    assert (row.state, row.return_until, row.returned_by) == ("returned", until, cast.staff)
    message = Message.objects.get(template="calls-returned")
    assert (message.state, message.to_email) == ("queued", "haru@example.jp")
    assert message.body.strip() == preview["body"]
    assert message.subject == preview["subject"]
    assert "計画の日付を直してください。" in message.body
    assert AuditEntry.objects.filter(action="application.return", object_id=str(row.pk)).count() == 1


def test_the_applicant_hands_in_again(cast: Cast, draft: Application) -> None:
    application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    row = sent_back(cast, Application.objects.get(pk=draft.pk))
    row = application_submit(application=row, actor=cast.owner, pledges=PLEDGES)
    assert (row.state, row.revision, row.return_until) == ("submitted", 2, None)


def test_one_sent_back_may_be_withdrawn(cast: Cast) -> None:
    assert application_withdraw(application=sent_back(cast), actor=cast.owner).state == "withdrawn"


@pytest.mark.parametrize(
    ("message", "hours", "field"),
    [("", 24, "message"), ("あ" * 3001, 24, "message"), ("直す", 0, "until"), ("直す", 9000, "until")],
)
def test_what_cannot_be_sent_back(cast: Cast, message: str, hours: int, field: str) -> None:
    application = SubmittedFactory.create()
    with pytest.raises(InvalidInput) as caught:
        sent_back(cast, application, message=message, until=clock.now() + timedelta(hours=hours))
    assert list(caught.value.fields) == [field]
    assert not Message.objects.exists()


def test_only_staff_send_back(cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    with pytest.raises(NotAllowed):
        application_return(
            application=application, actor=cast.owner, version=1, message="直す", until=clock.now() + WEEK
        )


def test_never_after_a_decision(cast: Cast) -> None:
    application = SubmittedFactory.create()
    decided = final(application, cast.staff)
    with pytest.raises(Conflict) as caught:
        sent_back(cast, decided)
    assert caught.value.code == "state"


@pytest.mark.django_db(transaction=True)
def test_two_staff_at_once_send_back_once(cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    until = clock.now() + WEEK

    def act(actor, text):
        return lambda: application_return(
            application=application, actor=actor, version=1, message=text, until=until
        )

    other = UserFactory.create(is_staff=True)
    results = at_once([act(cast.staff, "一つ目"), act(other, "二つ目")])
    assert sorted(type(result).__name__ for result in results) == ["Application", "Conflict"]
    assert Message.objects.filter(template="calls-returned").count() == 1


@pytest.mark.django_db(transaction=True)
def test_sending_back_and_deciding_at_once(cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    versions = {application.pk: signed(application, cast.staff).version}
    results = at_once(
        [
            lambda: sent_back(cast, application),
            lambda: decisions_publish(call=application.call, versions=versions, actor=cast.staff),
        ]
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1
    application.refresh_from_db()
    assert application.state in ("returned", "adopted")


def test_more_time_is_told_once_more(cast: Cast) -> None:
    row = sent_back(cast)
    later = clock.now() + 2 * WEEK
    known = row.return_until
    assert known is not None
    extended = application_extend(
        application=row, actor=cast.staff, known_until=known, message="日付と場所を。", until=later
    )
    assert (extended.return_until, extended.return_message) == (later, "日付と場所を。")
    assert Message.objects.filter(template="calls-returned").count() == 2
    with pytest.raises(Conflict):
        application_extend(application=row, actor=cast.staff, known_until=known, message="x", until=later)


def test_taking_back_keeps_what_was_typed(cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    row = sent_back(cast, application)
    answers = {"plan": "途中まで直した計画"}
    application_save(application=row, actor=cast.owner, values=answers)
    row.refresh_from_db()
    with pytest.raises(Conflict) as caught:
        application_take_back(application=row, actor=cast.staff)
    assert caught.value.code == "early"
    assert not [item for item in work_queue(cast.staff) if "訂正" in str(item.detail)]
    now = clock.now() + 2 * WEEK
    taken = application_take_back(application=row, actor=cast.staff, now=now)
    assert (taken.state, taken.plan, taken.return_until) == ("submitted", "水位計を置きます。", None)
    kept = AnswerVariant.objects.get(application=row, field="plan")
    assert (kept.value, kept.settled_by) == ("途中まで直した計画", cast.staff)
    assert application_take_back(application=row, actor=cast.staff, now=now).version == taken.version
    with pytest.raises(NotAllowed):
        application_take_back(application=row, actor=cast.owner, now=now)


def test_an_overdue_correction_waits_for_staff(cast: Cast) -> None:
    row = sent_back(cast)
    Application.objects.filter(pk=row.pk).update(return_until=clock.now() - timedelta(minutes=1))
    items = [item for item in work_queue(cast.staff) if str(row.pk) in item.url]
    assert len(items) == 1
    assert not work_queue(cast.owner)


def test_notes_are_kept_and_recorded_without_their_text(cast: Cast) -> None:
    application = SubmittedFactory.create()
    note = staff_note_add(application=application, actor=cast.staff, text=" 電話で確認ずみ\r\n ")
    assert note.text == "電話で確認ずみ"
    assert AuditEntry.objects.get(action="application.note").data == {"note": str(note.pk)}
    with pytest.raises(InvalidInput):
        staff_note_add(application=application, actor=cast.staff, text=" \u200b ")
    with pytest.raises(InvalidInput):
        staff_note_add(application=application, actor=cast.staff, text="あ" * 5001)
    with pytest.raises(NotAllowed):
        staff_note_add(application=application, actor=cast.owner, text="見えますか")
    assert StaffNote.objects.count() == 1


def test_a_read_mark_never_goes_back(cast: Cast) -> None:
    application = SubmittedFactory.create()
    Application.objects.filter(pk=application.pk).update(revision=3)
    assert application_mark_read(application=application, actor=cast.staff, revision=9).revision == 3
    assert application_mark_read(application=application, actor=cast.staff, revision=1).revision == 3
    assert ReadMark.objects.count() == 1
    with pytest.raises(NotAllowed):
        application_mark_read(application=application, actor=cast.owner, revision=1)
