"""Public questions about a call: asked without account, answered by staff, published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.asking_mails import question_mail
from apps.calls.enums import QuestionState as Q
from apps.calls.models import Call, PublicQuestion
from apps.calls.permissions import may_decide
from apps.calls.selectors.asking import asking_until, takes_questions
from apps.core import clock, public_pages
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.search import indexed
from apps.core.text import clean_text

MOST_TEXT = 10_000
#: The same words again within this time are a second press of the button.
AGAIN = timedelta(minutes=30)
#: What everyone reads.
PUBLIC = ("text", "text_en", "answer", "answer_en")
#: From which state to which; the action's name in the record.
QUESTION_STEPS: Mapping[tuple[str, str], str] = {
    (Q.WAITING, Q.WAITING): "question.edit",
    (Q.WAITING, Q.ANSWERED): "question.answer",
    (Q.ANSWERED, Q.ANSWERED): "question.answer",
    (Q.ANSWERED, Q.WAITING): "question.edit",
    (Q.ANSWERED, Q.PUBLISHED): "question.publish",
    (Q.PUBLISHED, Q.PUBLISHED): "question.correct",
    (Q.WAITING, Q.CLOSED): "question.close",
    (Q.ANSWERED, Q.CLOSED): "question.close",
    (Q.PUBLISHED, Q.CLOSED): "question.close",
    (Q.CLOSED, Q.WAITING): "question.reopen",
    (Q.CLOSED, Q.ANSWERED): "question.reopen",
}


@transaction.atomic
def question_ask(
    *, call: Call, text: str, email: str = "", language: str = "ja", now: datetime | None = None
) -> PublicQuestion:
    """Keep a question for the staff. No mail leaves. The same words twice are one question.

    Raises ``Conflict`` after the last day for questions and ``InvalidInput``.
    """
    now = now or clock.now()
    call = Call.objects.select_for_update().get(pk=call.pk)
    if not takes_questions(call, now):
        raise Conflict(closed_to_questions(call), code="closed")
    text, email = clean_text(text), email.strip()
    if not text or len(text) > MOST_TEXT:
        fault = _("Write your question in up to 10,000 characters.")
        raise InvalidInput(fault, fields={"text": [fault]})
    same = call.public_questions.filter(original_text=text, email=email, asked_at__gt=now - AGAIN)
    if (again := same.first()) is not None:
        return again
    last = call.public_questions.order_by("-number").values_list("number", flat=True).first()
    row = PublicQuestion(
        call=call,
        number=(last or 0) + 1,
        original_text=text,
        text=text,
        email=email,
        language=language,
        asked_at=now,
    )
    _index(row)
    row.full_clean()
    row.save(force_insert=True)
    record(action="question.ask", target=row, data={"call": call.code, "number": row.number})
    return row


def closed_to_questions(call: Call) -> str:
    """Why nobody can ask now, in words."""
    if asking_until(call) is None:
        return _("This call takes no questions.")
    return _("The time for questions is over. What was answered stays on the page.")


def _locked(question: PublicQuestion, actor: Any, version: int | None) -> PublicQuestion:
    if not may_decide(actor):
        raise NotAllowed(_("Only the city may answer questions."))
    row = PublicQuestion.objects.select_for_update(of=("self",)).select_related("call").get(pk=question.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("Someone else changed this question meanwhile. Compare what you wrote and save again."),
            code="version",
        )
    return row


def _index(row: PublicQuestion) -> None:
    """Only the public words are searched: what was asked at first may hold names."""
    row.search_text, _terms = indexed(*(getattr(row, name) for name in PUBLIC))


def question_state_set(
    *, question: PublicQuestion, target: str, actor: Any, changes: Mapping[str, Any]
) -> None:
    """Write a new state with the ``changes`` that belong to it, and record it. The row must be locked.

    What the public reads is new at once. Raises ``Conflict`` for a step that the table does not have.
    """
    source = question.state
    action = QUESTION_STEPS.get((source, target))
    if action is None:
        raise Conflict(_("This cannot be done now: the question has moved on meanwhile."), code="state")
    for name, value in {**changes, "state": target, "version": question.version + 1}.items():
        setattr(question, name, value)
    _index(question)
    question.full_clean()
    question.save()
    record(
        action=action,
        actor=actor,
        target=question,
        data={"from": source, "to": target, "fields": sorted(changes)},
    )
    if Q.PUBLISHED in (source, target):
        transaction.on_commit(public_pages.changed)


@transaction.atomic
def question_save(
    *,
    question: PublicQuestion,
    actor: Any,
    version: int,
    text: str,
    answer: str = "",
    text_en: str = "",
    answer_en: str = "",
    now: datetime | None = None,
) -> PublicQuestion:
    """Keep the public wording and the answer. Sends no mail; what was asked stays as it was.

    A published one is corrected on the page at once, which says so. Raises ``InvalidInput``.
    """
    row = _locked(question, actor, version)
    values = {"text": text, "text_en": text_en, "answer": answer, "answer_en": answer_en}
    values = {name: clean_text(value) for name, value in values.items()}
    faults = {name: [_("Write up to 10,000 characters.")] for name in PUBLIC if len(values[name]) > MOST_TEXT}
    if not values["text"]:
        faults["text"] = [_("The question cannot be empty.")]
    if row.state == Q.PUBLISHED and not values["answer"]:
        faults["answer"] = [_("A published question needs its answer. To take it off the page, close it.")]
    if faults:
        raise InvalidInput(_("Please mend what is marked."), fields=faults)
    if all(getattr(row, name) == value for name, value in values.items()):
        return row
    changes: dict[str, Any] = dict(values)
    target = row.state
    if row.state == Q.PUBLISHED:
        changes["corrected_at"] = now or clock.now()
    elif row.state != Q.CLOSED:
        target = Q.ANSWERED if values["answer"] else Q.WAITING
    else:
        raise Conflict(_("This question is closed. Take it up again first."), code="state")
    if values["answer"] != row.answer:
        changes["answered_by"] = actor
    question_state_set(question=row, target=target, actor=actor, changes=changes)
    return row


@transaction.atomic
def question_publish(
    *, question: PublicQuestion, actor: Any, version: int | None = None, now: datetime | None = None
) -> PublicQuestion:
    """Show question and answer on the call's page; whoever left an address gets one mail.

    Publishing what is published already changes nothing and sends nothing.
    """
    row = _locked(question, actor, None)
    if row.state == Q.PUBLISHED:
        return row
    _locked(question, actor, version)
    if row.state != Q.ANSWERED or not row.answer:
        raise Conflict(_("Write the answer first."), code="state")
    changes = {
        "published_at": now or clock.now(),
        "answered_by": row.answered_by or actor,
        "close_reason": "",
    }
    question_state_set(question=row, target=Q.PUBLISHED, actor=actor, changes=changes)
    question_mail(row)
    return row


@transaction.atomic
def question_close(
    *, question: PublicQuestion, actor: Any, reason: str, version: int | None = None
) -> PublicQuestion:
    """Do not show it, or not any more; the row and ``reason`` are kept. Sends no mail."""
    row = _locked(question, actor, version)
    reason = clean_text(reason)
    if not reason or len(reason) > 300:
        fault = _("Write the reason in up to 300 characters.")
        raise InvalidInput(fault, fields={"reason": [fault]})
    question_state_set(question=row, target=Q.CLOSED, actor=actor, changes={"close_reason": reason})
    return row


@transaction.atomic
def question_reopen(*, question: PublicQuestion, actor: Any, version: int | None = None) -> PublicQuestion:
    """Take up a closed question again."""
    row = _locked(question, actor, version)
    target = Q.ANSWERED if row.answer else Q.WAITING
    question_state_set(question=row, target=target, actor=actor, changes={})
    return row
