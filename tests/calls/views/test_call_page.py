"""The page of a call: what stands on it, in both languages, at each second, in few queries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import translation

from apps.calls.models import Call, CallCriterion, CallFaq, CallFile, CallQuestion, PublicQuestion, Theme
from apps.calls.rules.shares import share_words
from apps.calls.selectors.call_page import call_page, next_change
from apps.core import clock
from tests.cast import Cast
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.events import EventFactory
from tests.factories.trials import TrialFactory


def asked(call: Call, number: int, **values: Any) -> PublicQuestion:
    now = clock.now()
    return PublicQuestion.objects.create(
        call=call,
        number=number,
        original_text="元の文",
        asked_at=now,
        **{
            "text": f"質問その{number}",
            "answer": f"回答その{number}",
            "state": "published",
            "published_at": now + timedelta(seconds=number),
            **values,
        },
    )


def filled(rows: int) -> Call:
    """A call with ``rows`` of everything that its page shows, and an earlier trial for each."""
    call = CallFactory.create(
        code="2026",
        fiscal_year=2026,
        guideline="# 見出し\n\n本文です。",
        grace_minutes=30,
        questions_until=clock.now() + timedelta(days=5),
    )
    call.themes.set(Theme.objects.all()[:rows])
    for number in range(1, rows + 1):
        CallCriterion.objects.create(call=call, name=f"基準{number}", weight=number, order=number)
        CallQuestion.objects.create(call=call, label=f"追加{number}", reason="理由", order=number)
        CallFaq.objects.create(call=call, question=f"よくある{number}", answer="答え", order=number)
        CallFile.objects.create(
            call=call,
            title=f"様式{number}",
            name="form.pdf",
            content_type="application/pdf",
            size=123456,
            file=ContentFile(b"%PDF", name="form.pdf"),
        )
        asked(call, number)
        TrialFactory.create(
            fiscal_year=2025, application=SubmittedFactory.create(call=call, code=f"2025-9{number}")
        )
        call.briefings.add(EventFactory.create(title=f"説明会{number}"))
    return call


@pytest.mark.parametrize("rows", [1, 3, 9])
def test_queries_of_the_page(client: Client, cast: Cast, django_assert_num_queries: Any, rows: int) -> None:
    filled(rows)
    client.get("/calls/?warm")
    # Call, extra questions, themes, criteria, questions (and their number), frequent ones, files,
    # briefings; trials of earlier years (and their number), their places.
    with django_assert_num_queries(10 if rows == 1 else 11 if rows == 3 else 12):
        assert client.get("/calls/2026/").status_code == 200


def test_everything_stands_on_the_page(client: Client, cast: Cast) -> None:
    filled(2)
    text = client.get("/calls/2026/").content.decode()
    for words in (
        "便利な暮らし",
        "基準1",
        "配点の約33%",
        "配点の約67%",
        "よくある1",
        "質問その2",
        "<h3>見出し</h3>",
        "様式1",
        "120.6",
        "説明会1",
        "応募の前に相談する",
        "質問と回答をすべて見る（2件）",
        "これまでに採択した実証",
        "日程をカレンダーに入れる",
        "までは受け付けます",
    ):
        assert words in text, words
    assert "〜" not in text


def test_english_is_complete_and_marks_what_is_not(client: Client, cast: Cast) -> None:
    call = filled(1)
    with translation.override("en"):
        text = client.get("/en/calls/2026/").content.decode()
    assert '<h1 lang="ja">2026年度 実証実験公募</h1>' in text
    call.title_en, call.guideline_en = "Call for trials", "# Heading"
    call.save()
    text = client.get("/en/calls/2026/?again").content.decode()
    assert "<h1>Call for trials</h1>" in text
    assert "<h3>Heading</h3>" in text


def test_an_empty_call_and_a_very_long_one(client: Client, db: None) -> None:
    CallFactory.create(code="empty")
    text = client.get("/calls/empty/").content.decode()
    assert 'id="guideline"' not in text
    assert 'id="criteria"' not in text
    assert "公開した質問はまだありません" in text
    long = CallFactory.create(code="long", title="題" * 120)
    for number in range(40):
        CallFaq.objects.create(call=long, question=f"よくある{number}", answer="答え", order=number)
    text = client.get("/calls/long/").content.decode()
    assert "題" * 120 in text
    assert "残り32件を読む" in text
    assert "よくある39" in text


@pytest.mark.parametrize(
    ("seconds", "phase", "in_grace"),
    [(-1, "closing", False), (0, "closing", True), (1799, "closing", True), (1800, "review", False)],
)
def test_the_grace_is_told_to_the_second(db: None, seconds: int, phase: str, in_grace: bool) -> None:
    call = CallFactory.create(closes_at=clock.now().replace(microsecond=0), grace_minutes=30)
    shown = call_page(call, call.closes_at + timedelta(seconds=seconds)).shown
    assert (shown.phase, shown.in_grace) == (phase, in_grace)
    assert shown.takes_applications == (phase == "closing")


def test_the_page_in_grace_says_until_when(client: Client, db: None) -> None:
    closes = clock.now() - timedelta(minutes=10)
    call = CallFactory.create(code="2026", closes_at=closes, grace_minutes=30)
    text = client.get("/calls/2026/").content.decode()
    until = call.last_moment.astimezone(clock.TOKYO).strftime("%-H:%M")
    assert "締切を過ぎました" in text
    assert f"{until}</span>までは、まだ受け付けています" in text
    assert "応募をはじめる" in text
    assert "締切を過ぎました" in client.get("/calls/").content.decode()


def test_a_kept_page_does_not_outlive_the_deadline(client: Client, db: None, monkeypatch: Any) -> None:
    call = CallFactory.create(code="2026", closes_at=clock.now() + timedelta(seconds=20))
    kept: list[Any] = []
    pages = caches["pages"]
    original = type(pages).set

    def watch(self: Any, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, tuple):
            kept.append(args[0] if args else None)
        return original(self, key, value, *args, **kwargs)

    monkeypatch.setattr(type(pages), "set", watch)
    client.get("/calls/2026/")
    assert kept
    assert 15 <= kept[0] <= 20
    assert next_change(call, clock.now()) == call.closes_at
    assert next_change(call, call.closes_at) > call.closes_at


def test_weights_in_words() -> None:
    assert share_words([]) == []
    assert share_words([2, 2]) == ["", ""]  # type: ignore[list-item]
    call = [CallCriterion(weight=weight).weight for weight in (2, 2, 1)]
    from decimal import Decimal

    assert share_words([Decimal(weight) for weight in call]) == ["配点の40%", "配点の40%", "配点の20%"]
    assert share_words([Decimal(1), Decimal("999")]) == ["配点の約1%", "配点の約100%"]


def test_several_open_calls_first_to_close_first(client: Client, db: None) -> None:
    now = clock.now()
    for code, days in (("late", 20), ("soon", 3), ("middle", 9)):
        CallFactory.create(code=code, title=f"公募 {code}", closes_at=now + timedelta(days=days))
    text = client.get("/calls/").content.decode()
    places = [text.index(f"/apply/{code}/start/") for code in ("soon", "middle", "late")]
    assert places == sorted(places)


def test_the_calendar_of_a_call(client: Client, db: None) -> None:
    call = CallFactory.create(
        code="2026", grace_minutes=15, questions_until=clock.now() + timedelta(days=1), title="公募; 2026, 秋"
    )
    response = client.get("/calls/2026/calendar.ics")
    assert response["Content-Type"].startswith("text/calendar")
    text = response.content.decode().replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 5
    assert f"UID:call-{call.pk}-closes@" in text
    assert "応募の締切：公募\\; 2026\\, 秋" in text
    assert "までは、まだ受け付けます" in text
    assert f"DTSTART;VALUE=DATE:{call.decision_on:%Y%m%d}" in text
    assert client.get("/calls/none/calendar.ics").status_code == 404


def test_files_are_saved_and_never_shown(client: Client, cast: Cast) -> None:
    call = CallFactory.create(code="2026")
    row = CallFile.objects.create(
        call=call,
        title="様式",
        name="様式 1.pdf",
        content_type="application/pdf",
        size=4,
        file=ContentFile(b"%PDF", name="x.pdf"),
    )
    response = client.get(row.get_absolute_url())
    assert b"".join(response) == b"%PDF"  # type: ignore[arg-type]
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(client.get(f"/calls/2026/files/{row.pk}/anything"))  # type: ignore[arg-type]
    other = CallFactory.create(code="other")
    assert client.get(f"/calls/other/files/{row.pk}/x").status_code == 404
    Call.objects.filter(pk=call.pk).update(state="draft")
    assert client.get(row.get_absolute_url()).status_code == 404
    client.force_login(cast.owner)
    assert client.get(row.get_absolute_url()).status_code == 404
    client.force_login(cast.staff)
    response = client.get(row.get_absolute_url())
    assert response["Cache-Control"] == "private, no-store"
    assert b"".join(response) == b"%PDF"  # type: ignore[arg-type]
    row.file.storage.delete(str(row.file.name))
    assert client.get(row.get_absolute_url()).status_code == 404
    assert other.files.count() == 0


def test_hostile_text_on_the_page(client: Client, db: None) -> None:
    bad = "<script>alert(1)</script>"
    call = CallFactory.create(
        code="2026", title=bad, summary=bad, guideline=f"{bad}\n\n[x](javascript:alert(1))"
    )
    CallFaq.objects.create(call=call, question=bad, answer=bad)
    CallCriterion.objects.create(call=call, name=bad, description=bad)
    asked(call, 1, text=bad, answer=bad)
    text = client.get("/calls/2026/").content.decode()
    assert bad not in text
    assert 'href="javascript' not in text


def test_days_are_those_of_japan(db: None) -> None:
    closes = datetime(2026, 12, 3, 17, 15, tzinfo=clock.TOKYO)
    call = CallFactory.create(opens_at=closes - timedelta(days=30), closes_at=closes)
    late_evening = datetime(2026, 12, 2, 23, 59, 59, tzinfo=clock.TOKYO)
    assert call_page(call, late_evening).shown.days_left == 1
    assert call_page(call, late_evening + timedelta(seconds=1)).shown.days_left == 0
