"""Calls as staff write them: parts, dates that people rely on, next year's call."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from apps.audit.models import AuditEntry
from apps.calls.domain import call_clone, call_parts_save, call_update, call_withdraw
from apps.calls.domain.call_clone import a_year_later, next_years, proposed_code
from apps.calls.models import Call, CallCriterion, CallFaq, CallFile, CallQuestion, PublicQuestion, Theme
from apps.calls.selectors.call_staff import answers_to, date_consequences, publish_notes
from apps.core import clock
from apps.core.errors import Conflict, NotAllowed
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, CallFactory, SubmittedFactory
from tests.factories.events import EventFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def changed(call: Call, **values: Any) -> Call:
    """``call`` as it would be, not kept."""
    row = Call.objects.get(pk=call.pk)
    for name, value in values.items():
        setattr(row, name, value)
    return row


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"questions_until": lambda c: c.closes_at + HOUR}, "questions_until", "質問の締切"),
        ({"decision_on": lambda c: clock.local_date(c.closes_at) - DAY}, "decision_on", "結果を知らせる日"),
        ({"closes_at": lambda c: c.opens_at}, "__all__", "受付開始より後"),
        ({"trial_until": lambda c: c.trial_from - DAY}, "__all__", "実証"),
        ({"grace_minutes": lambda c: 1441}, "grace_minutes", "1440"),
    ],
)
def test_dates_out_of_order_are_refused_in_words(
    cast: Cast, values: dict[str, Any], field: str, words: str
) -> None:
    call = CallFactory.create(state="draft")
    with pytest.raises(ValidationError) as refused:
        call_update(
            call=changed(call, **{name: make(call) for name, make in values.items()}), actor=cast.staff
        )
    assert words in " ".join(refused.value.message_dict[field])


def test_questions_may_end_with_the_call_and_the_decision_on_its_last_day(cast: Cast) -> None:
    call = CallFactory.create(state="draft")
    day = clock.local_date(call.closes_at)
    values = {"questions_until": call.closes_at, "decision_on": day, "trial_from": day}
    call_update(call=changed(call, **values), actor=cast.staff)
    # A grace period over midnight moves the last day.
    late = datetime.combine(day, datetime.max.time(), clock.TOKYO)
    with pytest.raises(ValidationError):
        call_update(call=changed(call, closes_at=late, grace_minutes=60), actor=cast.staff)


def test_new_dates_of_a_published_call_must_be_confirmed(cast: Cast) -> None:
    call = CallFactory.create()
    ApplicationFactory.create(call=call)
    SubmittedFactory.create(call=call)
    later = changed(call, closes_at=call.closes_at + DAY)
    with pytest.raises(Conflict) as refused:
        call_update(call=later, actor=cast.staff)
    assert "下書き1件" in refused.value.message
    assert "応募1件" in refused.value.message
    call_update(call=later, actor=cast.staff, confirmed=True)
    call.refresh_from_db()
    assert call.closes_at == later.closes_at
    assert AuditEntry.objects.get(action="call.update").data["told"]


def test_what_new_dates_change_for_whom(db: None) -> None:
    now = clock.now()
    call = CallFactory.create(grace_minutes=30)
    SubmittedFactory.create(call=call)

    def told(**values: Any) -> str:
        return " ".join(date_consequences(call, changed(call, **values), now))

    assert date_consequences(call, changed(call, title="別の題名"), now) == []
    assert "すぐに終わります" in told(closes_at=now - HOUR)
    assert "ではなく" in told(closes_at=call.closes_at - DAY)
    assert "延ばします" in told(closes_at=call.closes_at + DAY)
    assert "延ばします" in told(grace_minutes=60)
    assert "変わりません" in told(closes_at=call.closes_at + timedelta(minutes=30), grace_minutes=0)
    assert "いったん止まります" in told(opens_at=now + HOUR)
    assert "に始まります" in told(opens_at=call.opens_at - DAY)
    assert "公開の質問" in told(questions_until=call.closes_at - DAY)
    assert "結果を知らせる日" in told(decision_on=call.decision_on + DAY)
    assert "1件の応募" in told(trial_from=call.trial_from + DAY)
    assert "メールを送りません" in told(trial_until=call.trial_until + DAY)
    closed = CallFactory.create(closes_at=now - DAY)
    assert "もう一度" in " ".join(date_consequences(closed, changed(closed, closes_at=now + DAY), now))
    draft = CallFactory.create(state="draft")
    assert date_consequences(draft, changed(draft, closes_at=now + 30 * DAY), now) == []


def test_themes_and_briefings_are_chosen(cast: Cast) -> None:
    call, event = CallFactory.create(), EventFactory.create()
    themes = list(Theme.objects.all()[:2])
    call_update(call=call, actor=cast.staff, chosen={"themes": themes, "briefings": [event]})
    assert set(call.themes.all()) == set(themes)
    assert list(call.briefings.all()) == [event]
    call_update(call=call, actor=cast.staff, chosen={"themes": themes})
    assert AuditEntry.objects.filter(action="call.update").count() == 1


def test_parts_are_kept_cleaned_and_recorded(cast: Cast) -> None:
    call = CallFactory.create()
    criterion = CallCriterion(name=" 困りごと\u202e ", weight=2)
    faq = CallFaq(question="問\u0000い", answer="答え\r\n二行目")
    call_parts_save(call=call, actor=cast.staff, saved=[criterion, faq])
    assert CallCriterion.objects.get().name == "困りごと"
    assert CallFaq.objects.get().answer == "答え\n二行目"
    call_parts_save(call=call, actor=cast.staff, deleted=[faq])
    assert not CallFaq.objects.exists()
    assert AuditEntry.objects.filter(action="call.parts").count() == 2
    with pytest.raises(NotAllowed):
        call_parts_save(call=call, actor=cast.owner, saved=[criterion])


@pytest.mark.parametrize(
    "values", [{"scale_min": 5, "scale_max": 5}, {"weight": 0}, {"weight": -1}, {"weight": 101}, {"name": ""}]
)
def test_a_criterion_that_cannot_be_scored(cast: Cast, values: dict[str, Any]) -> None:
    call = CallFactory.create()
    with pytest.raises(ValidationError):
        call_parts_save(call=call, actor=cast.staff, saved=[CallCriterion(**{"name": "基準", **values})])


def test_an_answered_question_stays(cast: Cast) -> None:
    call = CallFactory.create()
    question = CallQuestion.objects.create(call=call, label="電源はありますか", reason="設置のため")
    draft = ApplicationFactory.create(call=call, extra_answers={str(question.pk): ""})
    assert answers_to(question) == 0
    draft.extra_answers = {str(question.pk): "あります"}
    draft.save()
    for values in ({"deleted": [question]}, {"saved": [CallQuestion.objects.get()]}):
        for part in values.get("saved", []):
            part.kind = "number"
        with pytest.raises(Conflict, match="1件の応募が「電源はありますか」に答えています"):
            call_parts_save(call=call, actor=cast.staff, **values)
    question.label = "電源は近くにありますか"
    call_parts_save(call=call, actor=cast.staff, saved=[question])
    draft.delete()
    call_parts_save(call=call, actor=cast.staff, deleted=[question])
    assert not CallQuestion.objects.exists()


def a_file(call: Call, content: bytes = b"%PDF-1.4") -> CallFile:
    return CallFile.objects.create(
        call=call,
        title="様式",
        name="様式.pdf",
        content_type="application/pdf",
        size=len(content),
        file=ContentFile(content, name="a.pdf"),
    )


def test_a_replaced_and_a_deleted_file_leave_nothing(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    call = CallFactory.create()
    row = a_file(call)
    storage, first = row.file.storage, row.file.name
    row.file = ContentFile(b"new", name="b.pdf")
    with django_capture_on_commit_callbacks(execute=True):
        call_parts_save(call=call, actor=cast.staff, saved=[row])
    assert not storage.exists(str(first))
    second = row.file.name
    with django_capture_on_commit_callbacks(execute=True):
        call_parts_save(call=call, actor=cast.staff, deleted=[row])
    assert not storage.exists(second)


def test_next_year_s_call(cast: Cast) -> None:
    source = CallFactory.create(
        code="2026-spring",
        fiscal_year=2026,
        title="2026年度（令和8年度）公募",
        title_en="Call 2026",
        guideline="# 要項",
        grace_minutes=30,
        published_at=clock.now(),
        results_published_at=clock.now(),
        opens_at=datetime(2027, 2, 27, 9, tzinfo=clock.TOKYO),
        closes_at=datetime(2028, 2, 29, 17, 15, tzinfo=clock.TOKYO),
        questions_until=None,
        decision_on=date(2028, 3, 20),
        trial_from=date(2028, 4, 1),
        trial_until=date(2028, 9, 30),
    )
    source.themes.set(Theme.objects.all()[:3])
    source.briefings.add(EventFactory.create())
    CallCriterion.objects.create(call=source, name="基準", weight=2, order=1)
    CallQuestion.objects.create(call=source, label="追加", reason="理由", kind="choice", choices="a\nb")
    CallFaq.objects.create(call=source, question="問", answer="答")
    PublicQuestion.objects.create(call=source, number=1, original_text="問", asked_at=clock.now())
    kept = a_file(source)
    SubmittedFactory.create(call=source)

    made = call_clone(call=source, actor=cast.staff)
    made.refresh_from_db()
    assert (made.code, made.fiscal_year, made.state) == ("2027-spring", 2027, "draft")
    assert (made.title, made.title_en) == ("2027年度（令和9年度）公募", "Call 2027")
    assert made.published_at is None
    assert made.results_published_at is None
    assert made.closes_at == datetime(2029, 2, 28, 17, 15, tzinfo=clock.TOKYO)
    assert made.trial_until == date(2029, 9, 30)
    assert (made.guideline, made.grace_minutes) == ("# 要項", 30)
    assert list(made.themes.all()) == list(source.themes.all())
    assert [made.criteria.get().name, made.faqs.get().question] == ["基準", "問"]
    assert made.extra_questions.get().options == ["a", "b"]
    copy = made.files.get()
    assert (copy.name, copy.size) == (kept.name, kept.size)
    assert copy.file.name != kept.file.name
    with copy.file.open("rb") as content:
        assert content.read() == b"%PDF-1.4"
    assert not made.public_questions.exists()
    assert not made.briefings.exists()
    assert not made.applications.exists()
    assert AuditEntry.objects.get(action="call.clone").data == {"from": "2026-spring"}
    assert call_clone(call=source, actor=cast.staff).code == "2027-spring-2"
    with pytest.raises(NotAllowed):
        call_clone(call=source, actor=cast.owner)


def test_a_clone_without_its_file_is_not_made(cast: Cast) -> None:
    source = CallFactory.create(code="2026")
    row = a_file(source)
    row.file.storage.delete(str(row.file.name))
    with pytest.raises(Conflict, match="様式"), transaction.atomic():
        call_clone(call=source, actor=cast.staff)
    assert Call.objects.count() == 1


def test_codes_and_years(db: None) -> None:
    CallFactory.create(code="2027")
    assert proposed_code(CallFactory.create(code="2026", fiscal_year=2026)) == "2027-2"
    assert proposed_code(CallFactory.create(code="snow", fiscal_year=2026)) == "snow-2027"
    long = CallFactory.create(code="a" * 20, fiscal_year=2026)
    assert proposed_code(long) == "a" * 12 + "-2027"
    assert next_years("2026年度、2027年3月まで、12026円", 2026) == "2027年度、2028年3月まで、12026円"
    assert next_years("令和元年度 2019", 2019) == "令和2年度 2020"
    assert next_years("令和10年", 2026) == "令和10年"
    assert a_year_later(None) is None
    assert a_year_later(date(2028, 2, 29)) == date(2029, 2, 28)


def test_what_is_missing_before_publishing(db: None) -> None:
    now = clock.now()
    call = CallFactory.create(state="draft", closes_at=now - HOUR)
    notes = " ".join(publish_notes(call, now))
    for words in ("締切を過ぎて", "審査で見るところ", "要項", "テーマ", "英語"):
        assert words in notes
    call.trial_from = call.decision_on - DAY
    assert "実証の開始が" in " ".join(publish_notes(call, now))
    call.trial_from = call.decision_on
    call.closes_at, call.opens_at, call.guideline = now + 2 * DAY, now + DAY, "# 要項"
    for name in ("title", "summary", "guideline"):
        setattr(call, f"{name}_en", "x")
    call.save()
    CallCriterion.objects.create(call=call, name="基準")
    call.themes.set(Theme.objects.all())
    assert publish_notes(call, now) == []


def test_a_call_with_old_faults_can_still_be_taken_off(cast: Cast) -> None:
    call = CallFactory.create()
    Call.objects.filter(pk=call.pk).update(questions_until=call.closes_at + DAY)
    assert call_withdraw(call=call, actor=cast.staff).state == "closed"
