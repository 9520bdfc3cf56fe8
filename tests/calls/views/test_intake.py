"""Staff's pages of applications: list, search, filters, reading, sending back, exports, numbers."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.calls.models import Application, Call, CallQuestion, StaffNote, Theme
from apps.core import clock
from apps.outbox.models import Message
from tests.calls.views.test_walk import hidden
from tests.cast import Cast
from tests.factories.asking import ConsultationFactory, OutreachVisitFactory
from tests.factories.calls import SENSOR, ApplicationFactory, CallFactory, SubmittedFactory
from tests.factories.joint import ConfirmedFactory, JointFactory

LIST = "admin:calls_application_changelist"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝HYPERLINK()", "\t=1")


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


def found(staff: Client, **query: str) -> set[str]:
    """The numbers that the list shows."""
    response = staff.get(reverse(LIST), query)
    assert response.status_code == 200
    return {row.code for row in response.context["cl"].result_list}


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ("水門", "need", "用水路の水門がつまる"),
        ("詰ま", "title", "ごみ詰まりを知る"),
        ("ｽｲﾓﾝ", "org_kana", "スイモンギケン"),
        ("ＡＢ", "plan", "装置abcを置く"),
        ("𠮷田", "contact_name", "𠮷田 花"),
        ("雪", "facility_name", "雪置き場"),
        ("4011 0010", "corporate_number", "4011001098993 0010"),
        ("hana@", "contact_email", "hana@example.jp"),
        ("水門 滑川", "need", "滑川側の水門"),
        ("100%", "learning", "100%は無理"),
    ],
)
def test_words_of_two_characters_are_found(
    staff: Client, cast: Cast, query: str, field: str, text: str
) -> None:
    empty: dict[str, Any] = {
        "title": "題",
        "need": "困",
        "plan": "試",
        "org_kana": "カナ",
        "corporate_number": "",
    }
    empty |= {
        "contact_name": "名",
        "contact_email": "a@b.example",
        "learning": "学",
        "places": [],
        "sensors": [],
    }
    SubmittedFactory.create(code="2026-901", **{**empty, field: text})
    SubmittedFactory.create(code="2026-902", **empty)
    assert found(staff, q=query) == {"2026-901"}


def test_characters_in_the_wrong_order_are_not_found(staff: Client) -> None:
    SubmittedFactory.create(need="門水のつまり", code="2026-901")
    assert found(staff, q="水門") == set()


def test_filters_join_with_words(staff: Client) -> None:
    theme = Theme.objects.first()
    assert theme is not None
    call = CallFactory.create(code="2026")
    SubmittedFactory.create(code="2026-901", call=call, personal_data="yes", themes=[theme.code])
    SubmittedFactory.create(code="2026-902", call=call, org_kind="university", state="withdrawn")
    SubmittedFactory.create(code="2026-903", title="水門", call=CallFactory.create(code="2025"))
    assert found(staff, call="2026") == {"2026-901", "2026-902"}
    assert found(staff, state="withdrawn") == {"2026-902"}
    assert found(staff, kind="university") == {"2026-902"}
    assert found(staff, theme=theme.code) == {"2026-901"}
    assert found(staff, flag="personal") == {"2026-901"}
    assert found(staff, q="水門", call="2026") == set()
    assert found(staff, q="水門", call="2025") == {"2026-903"}
    assert found(staff, call="none", state="\x00", theme="x" * 300) == set()


def test_sorting_and_pages(staff: Client) -> None:
    call = CallFactory.create()
    for number in range(53):
        sensors = [{**SENSOR, "count": number + 1}]
        SubmittedFactory.create(code=f"2026-{900 - number}", call=call, sensors=sensors)
    first = staff.get(reverse(LIST), {"o": "-5"}).context["cl"].result_list
    assert [row.device_count for row in first[:2]] == [53, 52]
    assert len(found(staff)) == 50
    assert len(found(staff, p="2")) == 3
    assert found(staff, o="0", p="2") == {"2026-898", "2026-899", "2026-900"}


def test_the_list_without_themes(staff: Client) -> None:
    Theme.objects.all().delete()
    SubmittedFactory.create(code="2026-901", themes=["gone"])
    assert found(staff) == {"2026-901"}


def test_the_list_without_rows(staff: Client) -> None:
    ApplicationFactory.create(title="秘密の下書き")
    text = staff.get(reverse(LIST)).content.decode()
    assert "秘密の下書き" not in text
    assert "まだ応募がありません" in text
    assert "下書きは表示しません" in text
    assert "当てはまる応募がありません" in staff.get(reverse(LIST), {"q": "水門"}).content.decode()


def _many(count: int) -> Call:
    call = CallFactory.create(code="2026")
    for row in SubmittedFactory.create_batch(count, call=call):
        JointFactory.create(application=row)
    return call


@pytest.mark.parametrize("count", [1, 3, 30])
def test_the_list_asks_the_same_for_every_number_of_rows(
    staff: Client, count: int, django_assert_num_queries: Any
) -> None:
    _many(count)
    staff.get(reverse(LIST))
    with django_assert_num_queries(LIST_QUERIES):
        staff.get(reverse(LIST))
    with django_assert_num_queries(SEARCH_QUERIES):
        staff.get(reverse(LIST), {"q": "水位", "flag": "joint", "state": "submitted"})


@pytest.mark.parametrize("count", [1, 3, 30])
def test_the_exports_ask_the_same_for_every_number_of_rows(
    staff: Client, count: int, django_assert_num_queries: Any
) -> None:
    call = _many(count)
    staff.get(reverse(LIST))
    for kind in ("csv", "xlsx"):
        with django_assert_num_queries(EXPORT_QUERIES):
            response = staff.get(reverse(f"admin:calls_application_export_{kind}"), {"call": call.code})
            assert b"".join(response.streaming_content)
    with django_assert_num_queries(NUMBERS_QUERIES):
        staff.get(reverse("admin:calls_application_statistics", args=[call.pk]))


LIST_QUERIES = 7
#: A search sets how PostgreSQL looks for rows, and sets it back.
SEARCH_QUERIES = 11
EXPORT_QUERIES = 17
NUMBERS_QUERIES = 15


def test_what_staff_read(staff: Client, cast: Cast) -> None:
    call = CallFactory.create()
    question = CallQuestion.objects.create(call=call, label="写真は撮りますか", reason="x", kind="yesno")
    application = SubmittedFactory.create(
        created_by=cast.owner,
        organization=cast.organization,
        call=call,
        extra_answers={str(question.pk): "yes"},
        personal_data="yes",
        personal_data_note="会員の名前",
    )
    ConsultationFactory.create(organization=cast.organization, topic="水位計の相談")
    OutreachVisitFactory.create(organization=cast.organization, notes="工場を見た")
    SubmittedFactory.create(call=call, code="2026-977", title=application.title)
    text = staff.get(reverse("admin:calls_application_change", args=[application.pk])).content.decode()
    for part in (
        "写真は撮りますか",
        "会員の名前",
        "水位計の相談",
        "工場を見た",
        "2026-977",
        "重複かもしれません",
    ):
        assert part in text, part


def test_reading_and_noting(staff: Client, cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    page = reverse("admin:calls_application_change", args=[application.pk])
    assert "読んだ印をつける" in staff.get(page).content.decode()
    staff.post(reverse("admin:calls_application_read", args=[application.pk]), {"revision": "1"})
    assert "読みました。" in staff.get(page).content.decode()
    note = reverse("admin:calls_application_note", args=[application.pk])
    assert staff.post(note, {"text": ""}).status_code == 422
    staff.post(note, {"text": "<b>電話ずみ</b>"})
    assert StaffNote.objects.count() == 1
    assert "&lt;b&gt;電話ずみ&lt;/b&gt;" in staff.get(page).content.decode()
    client = Client()
    client.force_login(cast.owner)
    own = client.get(reverse("calls:application-detail", args=[application.code])).content.decode()
    assert "電話ずみ" not in own


def test_sending_back_previews_first(staff: Client, cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    ConfirmedFactory.create(application=application)
    url = reverse("admin:calls_application_return", args=[application.pk])
    text = staff.get(url).content.decode()
    until = f"{clock.local_date() + timedelta(days=7)}T17:15"
    data = {"version": hidden(text, "version"), "message": "日付を直してください。", "until": until}
    shown = staff.post(url, data).content.decode()
    assert "日付を直してください。" in shown
    assert "メール2通" in shown
    assert not Message.objects.filter(template="calls-returned").exists()
    assert staff.post(url, {**data, "until": "2020-01-01T10:00"}).status_code == 422
    done = staff.post(url, {**data, "send": "1"}, follow=True).content.decode()
    assert "差し戻しました。メール2通を送ります。" in done
    assert Message.objects.filter(template="calls-returned", state="queued").count() == 2
    assert staff.post(url, {**data, "send": "1"}).status_code == 409
    again = staff.get(url).content.decode()
    later = {**data, "known_until": hidden(again, "known_until"), "send": "1"}
    assert (
        staff.post(url, {**later, "until": f"{clock.local_date() + timedelta(days=9)}T17:15"}).status_code
        == 302
    )
    back = reverse("admin:calls_application_take_back", args=[application.pk])
    assert "まだ過ぎていません" in staff.post(back, follow=True).content.decode()
    Application.objects.filter(pk=application.pk).update(return_until=clock.now())
    page = staff.get(reverse("admin:calls_application_change", args=[application.pk])).content.decode()
    assert "訂正が期限までに届きませんでした" in page
    assert "提出された内容で受け付ける" in page
    staff.post(back)
    application.refresh_from_db()
    assert application.state == "submitted"


def test_what_changed_stands_beside_each_revision(staff: Client, cast: Cast) -> None:
    application = SubmittedFactory.create(created_by=cast.owner)
    first = application.revisions.get()
    first.pk, first.number = None, 2
    files = [{"name": "図面.pdf", "size": 10, "sha256": "x"}]
    first.answers = {**first.answers, "plan": "新しい計画", "sensors": [], "attachments": files}
    first.save(force_insert=True)
    text = staff.get(reverse("admin:calls_application_change", args=[application.pk])).content.decode()
    assert "3か所の変更" in text
    assert "<ins>図面.pdf</ins>" in text
    assert "<ins>新しい計画</ins>" in text


def _exported(staff: Client, kind: str, **query: str) -> bytes:
    response = staff.get(reverse(f"admin:calls_application_export_{kind}"), query)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_csv_opens_again_and_holds_no_formula(staff: Client, cast: Cast) -> None:
    call = CallFactory.create(code="2026")
    question = CallQuestion.objects.create(call=call, label="=質問", reason="x")
    for number, text in enumerate(FORMULAS):
        SubmittedFactory.create(
            call=call, code=f"2026-9{number:02}", title=text, extra_answers={str(question.pk): text}
        )
    ApplicationFactory.create(call=call, title="秘密の下書き")
    body = _exported(staff, "csv", call="2026")
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == len(FORMULAS)
    titles = {row["受付番号"]: row["題名"] for row in rows}
    assert titles["2026-900"] == "'=1+1"
    assert all(title.startswith("'") for title in titles.values())
    assert all(row["'=質問"].startswith("'") for row in rows)
    assert rows[0]["機器の数"] == "12"
    entry = AuditEntry.objects.get(action="application.export")
    assert (entry.actor_id, entry.data) == (
        cast.staff.pk,
        {"kind": "csv", "count": len(FORMULAS), "filters": "call=2026"},
    )


def test_excel_opens_again_and_holds_no_formula(staff: Client) -> None:
    call = CallFactory.create()
    for number, text in enumerate(FORMULAS):
        SubmittedFactory.create(
            call=call, code=f"2026-9{number:02}", title=text, need="𠮷\x0b" + "あ" * 40_000
        )
    book = openpyxl.load_workbook(io.BytesIO(_exported(staff, "xlsx")))
    sheet = book.active
    rows = list(sheet.iter_rows(values_only=True))
    head = list(rows[0])
    assert {row[head.index("題名")] for row in rows[1:]} == set(FORMULAS)
    assert {row[head.index("機器の数")] for row in rows[1:]} == {12}
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert all(cell.quotePrefix for cell in sheet[2] if cell.data_type == "s")
    assert AuditEntry.objects.filter(action="application.export").count() == 1


def test_exports_take_the_filtered_rows_only(staff: Client) -> None:
    SubmittedFactory.create(code="2026-901", need="水門がつまる")
    SubmittedFactory.create(code="2026-902")
    rows = list(csv.reader(io.StringIO(_exported(staff, "csv", q="水門が").decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["2026-901"]
    assert _exported(staff, "csv", flag="radio").decode("utf-8-sig").count("\r\n") == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_broken_address_of_an_export(staff: Client, kind: str) -> None:
    url = reverse(f"admin:calls_application_export_{kind}")
    response = staff.get(f"{url}?call__id__exact={quote('x')}&unknown=1&p=zzz")
    assert response.status_code == 302


def test_the_numbers_of_a_call(staff: Client, cast: Cast) -> None:
    call = CallFactory.create(code="2026")
    now = clock.now()
    for days in (1, 1, 3):
        SubmittedFactory.create(
            call=call, submitted_at=now - timedelta(days=days), organization=cast.organization
        )
    SubmittedFactory.create(call=call, state="withdrawn", submitted_at=now)
    ApplicationFactory.create(call=call, title="秘密の下書き")
    SubmittedFactory.create(
        call=CallFactory.create(opens_at=now - timedelta(days=400), closes_at=now - timedelta(days=370)),
        state="accepted",
        organization=cast.organization,
    )
    url = reverse("admin:calls_application_statistics", args=[call.pk])
    text = staff.get(url).content.decode()
    assert "秘密の下書き" not in text
    assert "書き始めから提出まで" in text
    body = b"".join(
        staff.get(reverse("admin:calls_application_statistics_csv", args=[call.pk])).streaming_content
    )
    rows = {(row[0], row[1]): row[2] for row in csv.reader(io.StringIO(body.decode("utf-8-sig")))}
    assert rows[("書き始めから提出まで", "書き始めた")] == "5"
    assert rows[("書き始めから提出まで", "一度は提出した")] == "4"
    assert rows[("書き始めから提出まで", "いま有効な応募")] == "3"
    assert rows[("全体", "希望する機器")] == "36"
    assert rows[("共同応募と、以前の参加者", "以前に実証をした")] == "3"
    assert sum(int(value) for (table, _label), value in rows.items() if table == "日ごと") == 4


def test_the_numbers_of_a_call_without_applications(staff: Client) -> None:
    call = CallFactory.create()
    assert staff.get(reverse("admin:calls_application_statistics", args=[call.pk])).status_code == 200


def test_a_long_call_is_counted_by_weeks(staff: Client) -> None:
    call = CallFactory.create()
    for days in range(0, 140, 10):
        SubmittedFactory.create(call=call, submitted_at=clock.now() - timedelta(days=days))
    text = staff.get(reverse("admin:calls_application_statistics", args=[call.pk])).content.decode()
    assert "週ごと" in text
