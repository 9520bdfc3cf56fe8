"""Questions about a call: asked by anyone, answered by staff, published once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls.domain.asking import (
    QUESTION_STEPS,
    question_ask,
    question_close,
    question_publish,
    question_reopen,
    question_save,
    question_state_set,
)
from apps.calls.domain.asking_mails import question_mail_preview
from apps.calls.enums import CallState, QuestionState
from apps.calls.models import Call, PublicQuestion
from apps.calls.selectors.asking import published_questions, waiting_first
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.outbox.models import Message
from tests.calls.domain.test_races import at_once
from tests.cast import Cast
from tests.factories.asking import PublicQuestionFactory
from tests.factories.calls import CallFactory
from tests.factories.people import UserFactory

TEXT = "山田商店です。電池は\r\n何年もちますか。👩‍🌾 𠮷"


def answered(cast: Cast, **changes: Any) -> PublicQuestion:
    question = question_ask(call=CallFactory.create(), text=TEXT, **changes)
    return question_save(
        question=question,
        actor=cast.staff,
        version=1,
        text="電池は何年もちますか。",
        answer="機器によります。",
    )


def test_a_question_gets_a_number_and_no_mail_leaves(cast: Cast) -> None:
    call = CallFactory.create()
    one = question_ask(call=call, text=TEXT, email="visitor@example.jp")
    two = question_ask(call=call, text="二つ目", language="en")
    other = question_ask(call=CallFactory.create(), text=TEXT)
    assert (one.number, two.number, other.number) == (1, 2, 1)
    assert one.original_text == "山田商店です。電池は\n何年もちますか。👩\u200d🌾 𠮷"
    assert one.state == "waiting"
    assert not Message.objects.exists()
    assert AuditEntry.objects.filter(action="question.ask").count() == 3
    assert question_ask(call=call, text=TEXT, email="visitor@example.jp") == one


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b", "あ" * 10_001])
def test_empty_and_endless_questions_are_refused(cast: Cast, text: str) -> None:
    with pytest.raises(InvalidInput):
        question_ask(call=CallFactory.create(), text=text)
    assert question_ask(call=CallFactory.create(), text="あ" * 10_000).text == "あ" * 10_000


def test_the_last_second_for_questions_counts(cast: Cast) -> None:
    until = clock.now() + timedelta(days=1)
    call = CallFactory.create(questions_until=until)
    question_ask(call=call, text=TEXT, now=until - timedelta(microseconds=1))
    for refused in (call, CallFactory.create(state=CallState.DRAFT)):
        with pytest.raises(Conflict):
            question_ask(call=refused, text="遅い", now=until)
    assert question_ask(call=CallFactory.create(closes_at=until + timedelta(days=1)), text=TEXT, now=until)


def test_saving_is_quiet_and_keeps_what_was_asked(cast: Cast) -> None:
    question = answered(cast, email="visitor@example.jp")
    assert (question.state, question.answered_by) == ("answered", cast.staff)
    assert question.original_text.startswith("山田商店")
    assert not Message.objects.exists()
    again = question_save(
        question=question, actor=cast.staff, version=2, text=question.text, answer=question.answer
    )
    assert again.version == 2
    back = question_save(question=question, actor=cast.staff, version=2, text="電池", answer="")
    assert back.state == "waiting"
    with pytest.raises(Conflict):
        question_save(question=question, actor=cast.staff, version=2, text="古い版", answer="x")
    with pytest.raises(InvalidInput) as refused:
        question_save(question=question, actor=cast.staff, version=3, text=" ", answer="x" * 10_001)
    assert set(refused.value.fields) == {"text", "answer"}


def test_publishing_tells_whoever_asked_once(cast: Cast) -> None:
    question = answered(cast, email="visitor@example.jp", language="en")
    preview = question_mail_preview(question)
    for _again in range(2):
        published = question_publish(question=question, actor=cast.staff, version=2)
    assert published.state == "published"
    mail = Message.objects.get()
    assert (mail.to_email, mail.language) == ("visitor@example.jp", "en")
    assert preview == {"subject": mail.subject, "body": mail.body.strip()}
    assert f"/calls/{question.call.code}/questions/#q1" in mail.body
    assert "山田商店" not in mail.body
    assert question_mail_preview(published) is None


def test_without_an_address_nobody_gets_a_mail(cast: Cast) -> None:
    question = answered(cast)
    assert question_mail_preview(question) is None
    question_publish(question=question, actor=cast.staff)
    assert not Message.objects.exists()


def test_a_changed_answer_is_marked_as_corrected(cast: Cast) -> None:
    question = question_publish(question=answered(cast, email="a@example.jp"), actor=cast.staff)
    assert question.corrected_at is None
    with pytest.raises(InvalidInput):
        question_save(question=question, actor=cast.staff, version=3, text="電池", answer="")
    changed = question_save(question=question, actor=cast.staff, version=3, text="電池", answer="約5年です。")
    assert changed.state == "published"
    assert changed.corrected_at is not None
    assert Message.objects.count() == 1


def test_closing_keeps_the_row_and_the_reason(cast: Cast) -> None:
    question = question_publish(question=answered(cast, email="a@example.jp"), actor=cast.staff)
    with pytest.raises(InvalidInput):
        question_close(question=question, actor=cast.staff, reason=" ")
    closed = question_close(question=question, actor=cast.staff, reason="個人の名前がある")
    assert not published_questions(question.call).exists()
    with pytest.raises(Conflict):
        question_save(question=closed, actor=cast.staff, version=closed.version, text="x", answer="y")
    opened = question_reopen(question=closed, actor=cast.staff)
    assert opened.state == "answered"
    question_publish(question=opened, actor=cast.staff)
    assert Message.objects.count() == 1


def test_nothing_unanswered_is_published(cast: Cast) -> None:
    question = PublicQuestionFactory.create()
    with pytest.raises(Conflict):
        question_publish(question=question, actor=cast.staff)
    with pytest.raises(Conflict):
        question_publish(question=answered(cast), actor=cast.staff, version=1)


@pytest.mark.parametrize("name", ["owner", "stranger", "reviewer"])
def test_only_staff_answer(cast: Cast, name: str) -> None:
    question, actor = answered(cast), getattr(cast, name)
    acts = (
        lambda: question_save(question=question, actor=actor, version=2, text="x"),
        lambda: question_publish(question=question, actor=actor),
        lambda: question_close(question=question, actor=actor, reason="x"),
        lambda: question_reopen(question=question, actor=actor),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


def test_the_table_names_every_step_and_no_other_is_taken(cast: Cast) -> None:
    for source in QuestionState.values:
        for target in QuestionState.values:
            question = PublicQuestionFactory.create(state=source)
            if (source, target) in QUESTION_STEPS:
                question_state_set(question=question, target=target, actor=cast.staff, changes={})
                assert question.state == target
                continue
            with pytest.raises(Conflict):
                question_state_set(question=question, target=target, actor=cast.staff, changes={})


def test_two_character_words_are_found_in_public_words_only(cast: Cast) -> None:
    call = CallFactory.create()
    one = PublicQuestionFactory.create(call=call, number=1, state="published")
    two = PublicQuestionFactory.create(
        call=call, number=2, state="published", text="ＬｏＲａの料金は", search_text="loraの料金は"
    )
    PublicQuestionFactory.create(call=call, number=3)
    assert list(published_questions(call)) == [one, two]
    assert list(published_questions(call, newest=True)) == [two, one]
    assert list(published_questions(call, query="中継")) == [one]
    assert list(published_questions(call, query="ﾛﾗ")) == []
    assert list(published_questions(call, query="LORA　料金")) == [two]
    assert list(published_questions(call, query="山田")) == []


def test_what_waits_stands_first(cast: Cast) -> None:
    call = CallFactory.create()
    rows = [
        PublicQuestionFactory.create(call=call, number=n, state=state)
        for n, state in enumerate(("published", "answered", "waiting", "closed"))
    ]
    assert [row.state for row in waiting_first(PublicQuestion.objects.all())][:2] == ["waiting", "answered"]
    assert len(rows) == 4


@pytest.mark.django_db(transaction=True)
def test_two_staff_publishing_at_once_send_one_mail() -> None:
    staff = UserFactory.create_batch(2, is_staff=True)
    question = PublicQuestionFactory.create(state="answered", email="visitor@example.jp")
    results = at_once(
        [lambda s=person: question_publish(question=question, actor=s, version=1) for person in staff]
    )
    assert [row.state for row in results] == ["published", "published"]
    assert Message.objects.count() == 1
    assert AuditEntry.objects.filter(action="question.publish").count() == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_of_questions_are_never_given_twice() -> None:
    call: Call = CallFactory.create()
    results = at_once([lambda n=n: question_ask(call=call, text=f"質問{n}") for n in range(5)])
    assert sorted(row.number for row in results) == [1, 2, 3, 4, 5]
