"""Pages about letters, answers and the waiting list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.calls.domain import application_turn_down
from apps.calls.models import Application, Letter
from apps.core import clock
from apps.core.registry import work_queue
from apps.outbox.domain import batch_release
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final, signed
from tests.factories.scores import reviewed, reviewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.staff)
    return client


def told(cast: Cast, adopted: int, waiting: int) -> list[Application]:
    call = CallFactory.create(code="2026")
    rows = SubmittedFactory.create_batch(
        adopted + waiting, call=call, organization=cast.organization, created_by=cast.owner
    )
    for row in rows[:adopted]:
        final(row, cast.staff)
    for rank, row in enumerate(rows[adopted:], start=1):
        final(row, cast.staff, "waitlist", rank=rank)
    batch_release(batch="decision-2026", actor=cast.staff)
    return [Application.objects.select_related("call").get(pk=row.pk) for row in rows]


def overdue(row: Application) -> None:
    Application.objects.filter(pk=row.pk).update(answer_due_at=clock.now() - timedelta(hours=1))


def page(name: str, pk: Any) -> str:
    return reverse(f"admin:calls_letter_{name}", args=[pk])


def test_more_time_from_the_work_queue(cast: Cast, staff: Client) -> None:
    (row,) = told(cast, 1, 0)
    address = page("answer", row.pk)
    assert address not in [item.url for item in work_queue(cast.staff)]
    overdue(row)
    assert address in [item.url for item in work_queue(cast.staff)]
    shown = staff.get(address)
    start = shown.context["extend"].initial
    values = {"act": "extend", "known_due": start["known_due"], "message": "お待ちします。"}
    assert staff.post(address, {**values, "until": ""}).status_code == 422
    assert staff.post(address, {**values, "until": "2020-01-01"}).status_code == 422
    until = clock.local_date() + timedelta(days=3)
    assert staff.post(address, {**values, "until": until.isoformat()}).status_code == 302
    row.refresh_from_db()
    assert row.answer_due_at is not None
    assert clock.local_date(row.answer_due_at) == until
    assert "お待ちします。" in Message.objects.get(template="calls-answer-extended").body
    assert staff.post(address, {**values, "until": until.isoformat()}).status_code == 409


def test_ending_it_says_who_moved_up(cast: Cast, staff: Client) -> None:
    gone, first = told(cast, 1, 1)
    address = page("answer", gone.pk)
    known = staff.get(address).context["extend"].initial["known_due"]
    assert staff.post(address, {"act": "end", "known_due": known}).status_code == 409
    overdue(gone)
    known = staff.get(address).context["extend"].initial["known_due"]
    answer = staff.post(address, {"act": "end", "known_due": known}, follow=True)
    assert f"{first.code}が繰り上がりました" in answer.content.decode()
    assert "返事を待っていません" in answer.content.decode()


def test_the_order_of_the_list(cast: Cast, staff: Client) -> None:
    rows = told(cast, 0, 3)
    address = page("waitlist", rows[0].call_id)
    shown = staff.get(address).content.decode()
    assert [shown.index(row.code) for row in rows] == sorted(shown.index(row.code) for row in rows)
    values: dict[str, Any] = {"known": [str(row.pk) for row in rows], "reason": "機器が届いた順"}
    ranks = {f"rank-{row.pk}": rank for row, rank in zip(rows, (3, 1, 2), strict=True)}
    twice = {**ranks, f"rank-{rows[0].pk}": 1}
    for wrong in ({}, twice, {**ranks, f"rank-{rows[0].pk}": "x"}):
        assert staff.post(address, {**values, **wrong}).status_code == 422
    assert staff.post(address, {**values, **ranks, "known": ["x"]}).status_code == 409
    assert staff.post(address, {**values, **ranks}).status_code == 302
    found = Application.objects.order_by("waitlist_rank").values_list("code", flat=True)
    assert list(found) == [rows[1].code, rows[2].code, rows[0].code]


def test_staff_let_the_first_move_up(cast: Cast, staff: Client) -> None:
    first, second = told(cast, 0, 2)
    address = page("first", first.call_id)
    assert staff.post(address, {"application": "x"}).status_code == 404
    staff.post(address, {"application": str(second.pk)})
    staff.post(address, {"application": str(first.pk)})
    assert list(Application.objects.order_by("code").values_list("state", flat=True)) == [
        "adopted",
        "waitlisted",
    ]


def test_letters_are_written_anew_while_they_wait(cast: Cast, staff: Client) -> None:
    row = SubmittedFactory.create(call__code="2026", organization=cast.organization)
    final(row, cast.staff)
    address = page("anew", row.call_id)
    assert Letter.objects.get().number in staff.get(address).content.decode()
    assert "1通を書き直しました" in staff.post(address, follow=True).content.decode()
    assert Letter.objects.filter(voided_at=None).get().serial == 2


def test_what_reviewers_wrote_goes_along_only_if_staff_let_it(cast: Cast, staff: Client) -> None:

    row = SubmittedFactory.create(call__code="2026", organization=cast.organization, created_by=cast.owner)
    for number, text in enumerate(("電池を先に確かめてください。", "")):
        reviewed(row, reviewer(row.call, f"評価 {number}"), applicant=text, city="市だけが読む。")
    decision = signed(row, cast.staff)
    address = reverse("admin:calls_decision_publish", args=[row.call_id])
    chosen = {"decision": f"{row.pk}:{decision.version}"}
    staff.post(address, {**chosen, "comments": "1"})
    mail = Message.objects.get()
    assert "審査員からのことば\n電池を先に確かめてください。" in mail.body
    assert "市だけが読む" not in mail.body
    assert "評価 0" not in mail.body
    batch_release(batch="decision-2026", actor=cast.staff)
    client = Client()
    client.force_login(cast.owner)
    assert "電池を先に確かめてください。" in client.get(row.get_absolute_url()).content.decode()


def test_the_company_sees_that_it_waits_and_may_leave(cast: Cast) -> None:
    gone, row = told(cast, 1, 1)
    client = Client()
    client.force_login(cast.owner)
    text = client.get(row.get_absolute_url()).content.decode()
    assert "順位は1番です" in text
    assert "補欠通知書" in text
    application_turn_down(application=gone, actor=cast.owner)
    again = client.get(row.get_absolute_url()).content.decode()
    assert "順位は1番です" in again
    assert "採択通知書" not in again
    leave = reverse("calls:waitlist-leave", args=[row.code])
    assert client.get(leave).status_code == 200
    client.post(leave)
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert not Message.objects.filter(state="held").exists()


def test_after_the_deadline_the_page_says_to_whom_to_write(cast: Cast) -> None:
    (row,) = told(cast, 1, 0)
    overdue(row)
    client = Client()
    client.force_login(cast.owner)
    text = client.get(row.get_absolute_url()).content.decode()
    assert "contact@example.jp" in text
    accept = reverse("calls:application-accept", args=[row.code])
    assert accept not in text
    assert client.get(accept).status_code == 302
    refused = client.post(accept, follow=True).content.decode()
    assert "期限" in refused
    row.refresh_from_db()
    assert row.state == "adopted"


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_ask_the_same_number_of_queries(rows: int, cast: Cast, staff: Client) -> None:
    """Beside those of the work queue, which every page of the admin counts."""
    found = told(cast, 0, rows)
    asked = {}
    for name, address in (
        ("list", reverse("admin:calls_letter_changelist")),
        ("waitlist", page("waitlist", found[0].call_id)),
        ("anew", page("anew", found[0].call_id)),
    ):
        staff.get(address)
        with CaptureQueriesContext(connection) as queries:
            staff.get(address)
        asked[name] = len(queries)
    assert asked == {"list": 6, "waitlist": 5, "anew": 4}


@pytest.mark.parametrize("rows", [1, 3])
def test_the_status_page_asks_the_same_number_of_queries(rows: int, cast: Cast) -> None:
    (row,) = told(cast, 1, 0)
    client = Client()
    client.force_login(cast.owner)
    letter = Letter.objects.get()
    for number in range(2, rows + 1):
        letter.pk, letter.serial, letter.number = None, number, str(number)
        letter._state.adding = True
        letter.save()
    client.get(row.get_absolute_url())
    with CaptureQueriesContext(connection) as queries:
        client.get(row.get_absolute_url())
    assert len([query for query in queries if "calls_letter" in query["sql"]]) == 1
