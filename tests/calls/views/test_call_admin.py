"""Staff's form of a call: its parts, its files, dates that people rely on, next year's call."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from apps.calls.models import Call, CallCriterion, CallFile, CallQuestion, Theme
from apps.core import clock
from tests.calls.views.test_admin import FORM
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, CallFactory
from tests.factories.events import EventFactory

ADD = "admin:calls_call_add"


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


def local(moment: Any) -> str:
    return moment.astimezone(clock.TOKYO).strftime("%Y-%m-%dT%H:%M")


def form_of(call: Call, **changes: Any) -> dict[str, Any]:
    """What the browser would send for ``call`` without its parts."""
    names = ("code", "fiscal_year", "title", "summary", "device_quota", "message_quota", "grace_minutes")
    dates = ("decision_on", "trial_from", "trial_until")
    return {
        **FORM,
        **{name: str(getattr(call, name)) for name in (*names, *dates)},
        "opens_at": local(call.opens_at),
        "closes_at": local(call.closes_at),
        **changes,
    }


def rows(prefix: str, *values: dict[str, Any], kept: int = 0) -> dict[str, Any]:
    """Rows of an inline as the browser sends them; the first ``kept`` are stored ones."""
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": str(len(values)), f"{prefix}-INITIAL_FORMS": str(kept)}
    for number, row in enumerate(values):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, "PNG")
    return out.getvalue()


def test_a_whole_call_in_one_form(staff: Client, cast: Cast) -> None:
    theme, event = Theme.objects.all()[0], EventFactory.create()
    criterion = {"order": "1", "name": "困りごと", "weight": "2", "scale_min": "1", "scale_max": "5"}
    question = {
        "order": "1",
        "kind": "choice",
        "label": "電源",
        "reason": "設置のため",
        "choices": "ある\nない",
    }
    file = SimpleUploadedFile("様式\u202e.png", picture(), content_type="application/x-msdownload")
    data = {
        **FORM,
        "guideline": "# 要項",
        "themes": [str(theme.pk)],
        "briefings": [str(event.pk)],
        **rows("criteria", criterion),
        **rows("extra_questions", question),
        **rows("faqs", {"order": "1", "question": "問", "answer": "答"}),
        **rows("files", {"order": "1", "title": "様式", "file": file}),
    }
    response = staff.post(reverse(ADD), data)
    assert response.status_code == 302, response.context["errors"]
    call = Call.objects.get()
    assert (list(call.themes.all()), list(call.briefings.all())) == ([theme], [event])
    assert call.criteria.get().weight == 2
    assert call.extra_questions.get().options == ["ある", "ない"]
    kept = call.files.get()
    assert (kept.content_type, kept.name) == ("image/png", "様式.png")
    assert kept.size == kept.file.size
    preview = staff.get(reverse("admin:calls_call_preview", args=[call.pk])).content.decode()
    for words in ("<h3>要項</h3>", "困りごと", "様式", theme.name, event.title, "まだ公開していません"):
        assert words in preview
    assert b"".join(staff.get(kept.get_absolute_url()))  # type: ignore[arg-type]
    page = staff.get(reverse("admin:calls_call_change", args=[call.pk])).content.decode()
    assert kept.get_absolute_url() in page
    assert "サイト上で表示" not in page


@pytest.mark.parametrize(
    ("part", "row", "words"),
    [
        ("criteria", {"name": "基準", "weight": "0", "scale_min": "1", "scale_max": "5"}, "0.01"),
        ("criteria", {"name": "基準", "weight": "1", "scale_min": "5", "scale_max": "5"}, "最高点は"),
        ("criteria", {"name": "", "weight": "2", "scale_min": "1", "scale_max": "5"}, "まだ空いています"),
        (
            "extra_questions",
            {"label": "問", "reason": "理由", "kind": "choice", "choices": "一つ"},
            "2つ以上",
        ),
        ("extra_questions", {"label": "問", "reason": "", "kind": "line"}, "まだ空いています"),
        ("faqs", {"question": "問", "answer": ""}, "まだ空いています"),
    ],
)
def test_parts_that_cannot_be_kept(staff: Client, part: str, row: dict[str, str], words: str) -> None:
    response = staff.post(reverse(ADD), {**FORM, **rows(part, {"order": "1", **row})})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("form.pdf", b"MZ\x90\x00" + b"\x00" * 200), ("form.pdf", b""), ("form.xlsx", b"PK\x03\x04broken")],
)
def test_files_that_are_no_documents(staff: Client, name: str, content: bytes) -> None:
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    response = staff.post(
        reverse(ADD), {**FORM, **rows("files", {"order": "1", "title": "様式", "file": file})}
    )
    assert response.status_code == 200
    assert not CallFile.objects.exists()


def test_new_dates_are_told_before_they_are_kept(staff: Client, cast: Cast) -> None:
    call = CallFactory.create()
    ApplicationFactory.create(call=call)
    url = reverse("admin:calls_call_change", args=[call.pk])
    assert 'name="confirmed"' in staff.get(url).content.decode()
    later = form_of(call, closes_at=local(call.closes_at + timedelta(days=1)))
    text = staff.post(url, later).content.decode()
    for words in ("延ばします", "下書き1件", "メールを送りません", "印をつけて"):
        assert words in text
    call.refresh_from_db()
    before = call.closes_at
    assert staff.post(url, {**later, "confirmed": "on"}).status_code == 302
    call.refresh_from_db()
    assert call.closes_at > before
    now = form_of(call, closes_at=local(clock.now() - timedelta(minutes=5)))
    assert "すぐに終わります" in staff.post(url, now).content.decode()
    text_only = form_of(call, title="新しい題名", closes_at=local(call.closes_at))
    # Seconds that the form cannot hold are no change of date.
    assert staff.post(url, text_only).status_code == 302


def test_an_answered_question_is_not_deleted_in_the_form(staff: Client) -> None:
    call = CallFactory.create(state="draft")
    question = CallQuestion.objects.create(call=call, label="電源", reason="設置のため", kind="line")
    ApplicationFactory.create(call=call, extra_answers={str(question.pk): "あります"})
    url = reverse("admin:calls_call_change", args=[call.pk])
    row = {"id": str(question.pk), "order": "0", "label": "電源", "reason": "設置のため", "kind": "line"}

    def send(**values: str) -> str:
        data = form_of(call, **rows("extra_questions", {**row, **values}, kept=1))
        return staff.post(url, data, follow=True).content.decode()

    assert "1件の応募が「電源」に答えています。 消せません" in send(DELETE="on")
    assert "答え方は変えられません" in send(kind="number")
    assert CallQuestion.objects.get().kind == "line"
    send(label="電源はありますか")
    assert CallQuestion.objects.get().label == "電源はありますか"


def test_what_the_public_sees_is_renewed(
    staff: Client, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    call = CallFactory.create(code="2026")
    visitor = Client()
    assert "新しい基準" not in visitor.get("/calls/2026/").content.decode()
    row = {"order": "1", "name": "新しい基準", "weight": "1", "scale_min": "1", "scale_max": "5"}
    with django_capture_on_commit_callbacks(execute=True):
        data = form_of(call, **rows("criteria", row))
        assert staff.post(reverse("admin:calls_call_change", args=[call.pk]), data).status_code == 302
    assert "新しい基準" in visitor.get("/calls/2026/").content.decode()


def test_next_year_s_draft_by_a_button(staff: Client) -> None:
    call = CallFactory.create(code="2026", title="2026年度の公募")
    CallCriterion.objects.create(call=call, name="基準")
    url = reverse("admin:calls_call_clone", args=[call.pk])
    text = staff.get(url).content.decode()
    assert "2027年度の公募" in text
    assert "この操作ではメールを送りません" in text
    assert Call.objects.count() == 1
    response = staff.post(url, follow=True)
    assert "下書きを作りました" in response.content.decode()
    assert Call.objects.get(code="2027").criteria.get().name == "基準"


def test_publishing_says_what_is_missing_and_refuses_in_words(staff: Client) -> None:
    call = CallFactory.create(state="draft")
    url = reverse("admin:calls_call_publish", args=[call.pk])
    text = staff.get(url).content.decode()
    assert "審査で見るところがまだありません" in text
    Call.objects.filter(pk=call.pk).update(questions_until=call.closes_at + timedelta(days=1))
    assert "質問の締切は" in staff.post(url, follow=True).content.decode()
    call.refresh_from_db()
    assert call.state == "draft"


def test_themes_are_named_by_staff_and_their_codes_stay(staff: Client) -> None:
    url = reverse("admin:calls_theme_add")
    data = {"code": "snow", "name": " 雪と\u202e暮らす ", "name_en": "", "order": "10", "is_active": "on"}
    assert staff.post(url, {**data, "code": "雪"}).status_code == 200
    assert staff.post(url, data).status_code == 302
    theme = Theme.objects.get(code="snow")
    assert theme.name == "雪と暮らす"
    change = reverse("admin:calls_theme_change", args=[theme.pk])
    staff.post(change, {"code": "other", "name": "雪", "order": "10"})
    theme.refresh_from_db()
    assert (theme.code, theme.name, theme.is_active) == ("snow", "雪", False)
    # What is not offered any more is not offered to new calls.
    assert f'value="{theme.pk}"' not in staff.get(reverse(ADD)).content.decode()
