"""Questions and the request for a talk, as a visitor without account meets them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from apps.calls.domain.asking import question_ask, question_publish, question_save
from apps.calls.models import Consultation, PublicQuestion
from apps.core import clock
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.asking import PublicQuestionFactory
from tests.factories.calls import CallFactory

TALK = {"topic": "温度", "contact_name": "見本", "email": "farm@example.jp"}


def at(name: str, *args: Any) -> str:
    return reverse(f"calls:{name}", args=args)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_visitor_asks_and_reads_the_answer_at_once(client: Client, cast: Cast) -> None:
    CallFactory.create(code="2026")
    assert "まだ答えはありません" in text(client.get(at("question-list", "2026")))
    asked = client.post(
        at("question-ask", "2026"), {"text": "中継器は？", "email": "a@example.jp"}, follow=True
    )
    assert "1" in re.findall(r"<b>(\d+)</b>", text(asked))
    question = PublicQuestion.objects.get()
    assert "中継器" not in text(client.get(at("question-list", "2026")))
    question_save(
        question=question, actor=cast.staff, version=1, text="中継器は必要ですか。", answer="不要です。"
    )
    question_publish(question=question, actor=cast.staff)
    caches["pages"].clear()  # the test's transaction is never committed
    page = text(client.get(at("question-list", "2026")))
    assert "不要です。" in page
    assert "a@example.jp" not in page


def test_the_list_is_kept_for_everyone_and_sets_no_cookie(client: Client, cast: Cast) -> None:
    call = CallFactory.create()
    PublicQuestionFactory.create(call=call, number=1, state="published")
    first = client.get(at("question-list", call.code))
    assert not first.cookies
    assert "csrfmiddlewaretoken" not in text(first)
    assert (
        client.get(at("question-list", call.code), headers={"if-none-match": first["ETag"]}).status_code
        == 304
    )
    for page in ("question-ask", "consultation-request"):
        assert "no-store" in client.get(at(page, call.code))["Cache-Control"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_queries(
    client: Client, cast: Cast, django_assert_num_queries: Any, count: int
) -> None:
    call = CallFactory.create()
    for n in range(count):
        PublicQuestionFactory.create(call=call, number=n + 1, state="published")
    client.get(at("question-list", call.code) + "?warm")
    with django_assert_num_queries(3):
        client.get(at("question-list", call.code))


def test_search_order_and_pages(client: Client, cast: Cast) -> None:
    call = CallFactory.create()
    for n in range(51):
        PublicQuestionFactory.create(call=call, number=n + 1, state="published", text=f"問{n + 1}")
    address = at("question-list", call.code)
    assert "問51" not in text(client.get(address))
    assert "問51" in text(client.get(address + "?page=2"))
    assert "問51" in text(client.get(address + "?order=newest"))
    assert "問1<" in text(client.get(address, {"q": "市の", "page": "1"}))
    for odd in ("?q=%00", "?q=" + "x" * 3000, "?page=x", "?page=-1", "?order=%F0%9F%98%80", "?q=%27%22%3C"):
        assert client.get(address + odd).status_code == 200


def test_english_pages_show_english_or_japanese(client: Client, cast: Cast) -> None:
    call = CallFactory.create()
    PublicQuestionFactory.create(call=call, number=1, state="published", text_en="Who brings the gateway?")
    page = text(client.get("/en" + at("question-list", call.code)))
    assert "Who brings the gateway?" in page
    assert "市のネットワーク" in page


def test_a_corrected_answer_says_so(client: Client, cast: Cast) -> None:
    question = PublicQuestionFactory.create(state="published")
    address = at("question-list", question.call.code)
    assert "訂正" not in text(client.get(address))
    question_save(question=question, actor=cast.staff, version=1, text="問い", answer="新しい答え")
    caches["pages"].clear()
    page = text(client.get(address))
    assert "訂正" in page
    assert "新しい答え" in page


def test_nothing_typed_is_lost_when_something_is_wrong(client: Client, cast: Cast) -> None:
    CallFactory.create(code="2026")
    for data in ({"text": "長い問い 👩‍🌾", "email": "x"}, {"text": "問い" * 5001, "email": "a@example.jp"}):
        wrong = client.post(at("question-ask", "2026"), data)
        assert wrong.status_code == 422
        assert data["text"] in text(wrong)
    assert client.post(at("question-ask", "2026"), {}).status_code == 422
    wrong = client.post(at("consultation-request", "2026"), {**TALK, "email": ""})
    assert wrong.status_code == 422
    assert "温度" in text(wrong)
    assert not PublicQuestion.objects.exists()
    assert client.post(at("question-ask", "2026"), {"text": "あ" * 10_000}).status_code == 302


def test_after_the_last_day_the_page_gives_back_what_was_typed(client: Client, cast: Cast) -> None:
    now = clock.now()
    CallFactory.create(code="2026", questions_until=now - timedelta(seconds=1))
    assert "受け付けは終わりました" in text(client.get(at("question-ask", "2026")))
    late = client.post(at("question-ask", "2026"), {"text": "遅れた問い"})
    assert late.status_code == 409
    assert "遅れた問い" in text(late)
    CallFactory.create(code="2025", closes_at=now - timedelta(days=1), opens_at=now - timedelta(days=9))
    closed = client.post(at("consultation-request", "2025"), TALK)
    assert closed.status_code == 409
    assert "温度" in text(closed)
    assert "公募を見る" in text(client.get(at("consultation-request", "2025")))


def test_programs_fall_into_the_trap_and_leave_nothing(client: Client, cast: Cast) -> None:
    CallFactory.create(code="2026")
    trap = {"homepage": "http://spam.example/"}
    assert client.post(at("question-ask", "2026"), {"text": "買って", **trap}).status_code == 302
    assert client.post(at("consultation-request", "2026"), {**TALK, **trap}).status_code == 302
    assert not PublicQuestion.objects.exists()
    assert not Consultation.objects.exists()
    assert not Message.objects.exists()


def test_one_address_of_the_network_asks_ten_times_an_hour(client: Client, cast: Cast) -> None:
    CallFactory.create(code="2026")
    answers = [client.post(at("question-ask", "2026"), {"text": f"問い{n}"}) for n in range(11)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [422]
    assert "問い10" in text(answers[-1])


def test_a_talk_is_asked_for(client: Client, cast: Cast) -> None:
    CallFactory.create(code="2026")
    done = client.post("/en" + at("consultation-request", "2026"), TALK, follow=True)
    assert "We received your request" in text(done)
    assert Consultation.objects.get().language == "en"
    assert Message.objects.get().language == "en"


def test_a_question_of_another_call_is_not_shown(client: Client, cast: Cast) -> None:
    one, other = CallFactory.create(), CallFactory.create()
    question = question_ask(call=one, text="問い")
    assert client.get(at("question-asked", one.code, question.pk)).status_code == 200
    assert client.get(at("question-asked", other.code, question.pk)).status_code == 404
