"""Staff answer questions, arrange consultations and keep the log of visits."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.calls.models import Consultation, OutreachVisit, PublicQuestion
from apps.calls.selectors.asked_work import after_working_days
from apps.core import clock
from apps.core.registry import work_queue
from apps.organizations.models import Organization
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.asking import ConsultationFactory, OutreachVisitFactory, PublicQuestionFactory
from tests.factories.calls import CallFactory, SubmittedFactory


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


def at(model: str, act: str, row: Any = None) -> str:
    return reverse(f"admin:calls_{model}_{act}", args=[row.pk] if row is not None else [])


def hidden(response: Any) -> dict[str, str]:
    """What the form of the page carries along without showing it."""
    return {"version": re.findall(r'name="version" value="(\d+)"', response.content.decode())[0]}


def text_of(response: Any) -> str:
    return response.content.decode() if hasattr(response, "content") else ""


def test_a_question_is_answered_quietly_looked_at_and_published(staff: Client, cast: Cast) -> None:
    question = PublicQuestionFactory.create(number=3, email="visitor@example.jp")
    assert [item.mail_count for item in work_queue(cast.staff) if "3" in str(item.kind)] == [1]
    page = at("publicquestion", "change", question)
    shown = staff.get(page)
    assert "山田商店の者です" in text_of(shown)
    data = {**hidden(shown), "text": "中継器は市が置きますか。", "answer": "市のものを使えます。"}
    assert staff.post(page, data).status_code == 302
    assert not Message.objects.exists()
    publish = at("publicquestion", "publish", question)
    before = staff.get(publish)
    assert "visitor@example.jp" in text_of(before)
    assert "市のものを使えます。" in text_of(before)
    assert "メール1通" in text_of(before)
    assert not Message.objects.exists()
    for _again in range(2):
        assert staff.post(publish, hidden(before)).status_code == 302
    assert Message.objects.count() == 1
    assert staff.get(publish).status_code == 302
    assert not [item for item in work_queue(cast.staff) if "3" in str(item.kind)]


def test_two_staff_answering_at_once_lose_nothing(staff: Client, cast: Cast) -> None:
    question = PublicQuestionFactory.create()
    page = at("publicquestion", "change", question)
    seen = hidden(staff.get(page))
    staff.post(page, {**seen, "text": "問い", "answer": "先の答え"})
    late = staff.post(page, {**seen, "text": "問い", "answer": "後の答え"})
    assert late.status_code == 409
    assert "後の答え" in text_of(late)
    question.refresh_from_db()
    assert question.answer == "先の答え"
    assert staff.post(page, {**hidden(late), "text": "問い", "answer": "後の答え"}).status_code == 302


@pytest.mark.parametrize("data", [{}, {"version": "x"}, {"version": "1", "text": "\0"}, {"version": "1"}])
def test_odd_answers_are_refused_with_words(staff: Client, data: dict[str, str]) -> None:
    question = PublicQuestionFactory.create()
    assert staff.post(at("publicquestion", "change", question), data).status_code == 422
    for act in ("publish", "close"):
        assert staff.post(at("publicquestion", act, question), data).status_code in (302, 409, 422)
    question.refresh_from_db()
    assert question.state == "waiting"


def test_the_frame_counts_what_waits_anew_after_ones_own_act_and_on_the_first_page(staff: Client) -> None:
    """Between them it is believed for half a minute: it asks every app."""

    def told(page: str = "") -> int:
        count: int = staff.get(page or at("outreachvisit", "changelist")).context["work_count"]
        return count

    before = told()
    question = PublicQuestionFactory.create()
    assert told() == before
    assert told(reverse("admin:index")) == told() == before + 1
    page = at("publicquestion", "close", question)
    staff.post(page, {**hidden(staff.get(page)), "reason": "個人の名前"})
    assert told() == before


def test_a_question_is_closed_with_a_reason_and_taken_up_again(staff: Client) -> None:
    question = PublicQuestionFactory.create(state="published")
    page = at("publicquestion", "close", question)
    assert staff.post(page, {**hidden(staff.get(page)), "reason": ""}).status_code == 422
    staff.post(page, {**hidden(staff.get(page)), "reason": "個人の名前"})
    question.refresh_from_db()
    assert (question.state, question.close_reason) == ("closed", "個人の名前")
    assert "個人の名前" in text_of(staff.get(at("publicquestion", "change", question)))
    staff.post(at("publicquestion", "reopen", question))
    question.refresh_from_db()
    assert question.state == "answered"
    assert staff.get(page).status_code == 200


#: Queries of a list, where the number of what waits is known.
QUERIES = {"publicquestion": 6, "consultation": 7, "outreachvisit": 9}


@pytest.mark.parametrize("count", [1, 3])
def test_the_lists_ask_the_same_number_of_queries(staff: Client, cast: Cast, count: int) -> None:
    call = CallFactory.create()
    for n in range(count):
        PublicQuestionFactory.create(call=call, number=n + 1)
        ConsultationFactory.create(call=call, handled_by=cast.staff)
        OutreachVisitFactory.create(call=call, staff=cast.staff)
    found = {}
    for model in QUERIES:
        staff.get(at(model, "changelist"))
        with CaptureQueriesContext(connection) as page:
            assert staff.get(at(model, "changelist")).status_code == 200
        found[model] = len(page)
    assert found == QUERIES


def test_a_consultation_is_arranged_with_one_mail_and_noted(staff: Client, cast: Cast) -> None:
    row = ConsultationFactory.create()
    assert any(item.url == at("consultation", "change", row) for item in work_queue(cast.staff))
    page = at("consultation", "arrange", row)
    shown = staff.get(page)
    assert row.email in text_of(shown)
    assert staff.post(page, hidden(shown)).status_code == 422
    when = {"meeting_at": "2026-12-03T14:00", "meeting_place": "市役所3階"}
    assert staff.post(page, {**hidden(shown), **when}).status_code == 302
    assert "14:00" in Message.objects.get().body
    assert staff.post(page, {**hidden(shown), **when}).status_code == 409
    done = at("consultation", "done", row)
    staff.post(done, {**hidden(staff.get(done)), "staff_notes": "水位計を勧めた"})
    row.refresh_from_db()
    assert (row.state, row.staff_notes) == ("done", "水位計を勧めた")
    assert staff.get(done).status_code == 302
    assert Message.objects.count() == 1
    assert not any(item.url == at("consultation", "change", row) for item in work_queue(cast.staff))


def test_a_consultation_is_cancelled_with_or_without_a_mail(staff: Client) -> None:
    told, quiet = ConsultationFactory.create(), ConsultationFactory.create()
    for row, more in ((told, {"tell": "1"}), (quiet, {})):
        page = at("consultation", "cancel", row)
        data = {**hidden(staff.get(page)), "reason": "日が合いません"}
        assert staff.post(page, {**data, **more}).status_code == 302
    assert Message.objects.get().to_email == told.email
    staff.post(at("consultation", "reopen", quiet))
    quiet.refresh_from_db()
    assert quiet.state == "waiting"


def test_a_phone_call_is_added_and_notes_are_kept_without_mail(staff: Client, cast: Cast) -> None:
    gone = Organization.objects.create(kind="sole", name="消えた会社", merged_into=cast.organization)
    form = staff.get(at("consultation", "add"))
    assert str(gone.pk) not in text_of(form)
    data = {"contact_name": "電話の人", "topic": "場所", "language": "ja"}
    assert staff.post(at("consultation", "add"), data).status_code == 302
    row = Consultation.objects.get()
    data["staff_notes"] = "折り返す"
    assert staff.post(at("consultation", "change", row), data).status_code == 302
    row.refresh_from_db()
    assert row.staff_notes == "折り返す"
    application = SubmittedFactory.create()
    named = {**data, "application": f" {application.code} "}
    assert staff.post(at("consultation", "change", row), named).status_code == 302
    row.refresh_from_db()
    assert row.application == application
    assert application.code in text_of(staff.get(at("consultation", "change", row)))
    wrong = ({"application": "2099-999"}, {"application": "\0x"}, {"contact_name": "\u202e"})
    for odd in (*wrong, {"staff_notes": "あ" * 10_001}, {"topic": "\0"}):
        assert staff.post(at("consultation", "change", row), {**data, **odd}).status_code == 200
    assert not Message.objects.exists()


def rows_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_the_csv_has_what_the_list_shows_and_no_formula(staff: Client) -> None:
    ConsultationFactory.create(organization_name="=1+1", topic="温度", search_text="温度")
    ConsultationFactory.create(topic="水位", search_text="水位", state="done")
    rows = rows_of(staff.get(at("consultation", "csv")))
    assert len(rows) == 3
    assert "'=1+1" in rows[1] + rows[2]
    assert len(rows_of(staff.get(at("consultation", "csv") + "?q=水位"))) == 2
    assert len(rows_of(staff.get(at("consultation", "csv") + "?state__exact=done"))) == 2
    OutreachVisitFactory.create(organization_name="＝A1")
    assert rows_of(staff.get(at("outreachvisit", "csv")))[1][1] == "'＝A1"


def test_a_visit_and_its_next_step(staff: Client, cast: Cast) -> None:
    data = {
        "visited_on": "2026-11-20",
        "organization_name": "みほん商会",
        "manner": "visit",
        "next_step": "資料を送る",
        "next_on": "2026-12-01",
        "staff": str(cast.staff.pk),
    }
    assert staff.post(at("outreachvisit", "add"), data).status_code == 302
    visit = OutreachVisit.objects.get()
    waiting = [item for item in work_queue(cast.staff) if item.url == at("outreachvisit", "change", visit)]
    assert [str(item.due) for item in waiting] == ["2026-12-01"]
    assert "みほん商会" in text_of(staff.get(at("outreachvisit", "changelist") + "?q=商会"))
    assert "みほん商会" not in text_of(staff.get(at("outreachvisit", "changelist") + "?q=農園"))
    staff.post(at("outreachvisit", "step_done", visit))
    visit.refresh_from_db()
    assert visit.next_done
    assert not [item for item in work_queue(cast.staff) if item.url == at("outreachvisit", "change", visit)]
    assert work_queue(cast.owner) == []


def test_working_days_leave_out_weekends() -> None:
    friday = clock.local_date().replace(year=2026, month=11, day=20)
    assert after_working_days(friday, 3) == friday + timedelta(days=5)


def test_nothing_is_deleted_here(staff: Client) -> None:
    question = PublicQuestionFactory.create()
    assert staff.post(reverse("admin:calls_publicquestion_delete", args=[question.pk])).status_code == 403
    assert staff.get(reverse("admin:calls_publicquestion_add")).status_code == 403
    assert PublicQuestion.objects.exists()
