"""The letter of a decision: what it says of the application, and how a mail takes it along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.calls.domain.letter import LETTER_KIND, letter_issue, letter_name
from apps.calls.enums import ApplicationState, LetterKind
from apps.calls.models import Application, Letter
from apps.calls.rules.letters import addressee, answer_due
from apps.calls.selectors.letters import granted_of
from apps.calls.selectors.reviews import scores_of_call

_KINDS = {
    ApplicationState.ADOPTED: LetterKind.ADOPTION,
    ApplicationState.WAITLISTED: LetterKind.WAITLIST,
    ApplicationState.DECLINED: LetterKind.DECLINE,
}


def decision_letter(
    *, application: Application, actor: Any, now: datetime, comments: bool = False
) -> Letter | None:
    """Issue the letter of the final decision on ``application``, in the language of who applied.

    None where the application has no organization: nobody could be addressed. ``comments``: keep what
    the reviewers wrote for the applicant, for its mail and its page; the letter itself does not say it.
    """
    if application.organization is None:
        return None
    kind = _KINDS[ApplicationState(application.state)]
    return letter_issue(
        kind=kind,
        application=application,
        organization=application.organization,
        addressee=addressee(application.org_name, application.org_kind, application.representative),
        language=application.created_by.language,
        values=_values(application, kind, now, comments),
        actor=actor,
        now=now,
    )


def _values(application: Application, kind: LetterKind, now: datetime, comments: bool) -> dict[str, Any]:
    call = application.call
    values: dict[str, Any] = {
        "code": application.code,
        "title": application.title,
        "call": call.title,
        "call_en": call.localized("title", "en"),
    }
    if comments:
        values["comments"] = comments_for(application)
    if kind == LetterKind.ADOPTION:
        granted = granted_of(application, now)
        return values | {
            "period": [granted["begins"].isoformat(), granted["ends"].isoformat()],
            "devices": application.granted_devices,
            "messages": application.granted_messages,
            "conditions": application.conditions,
            "report_due": granted["report_due"].isoformat(),
            "accept_until": answer_due(call.answer_days, now).isoformat(),
        }
    values["reason"] = application.decision_reason
    if kind == LetterKind.WAITLIST:
        values["rank"] = application.waitlist_rank
    return values


def comments_for(application: Application) -> list[str]:
    """What the reviewers who count wrote for the applicant, without their names."""
    found = scores_of_call(application.call, application.pk).get(application.pk)
    texts = [read.comment_applicant.strip() for read in found.reviews] if found else []
    return [text for text in texts if text]


def letter_attachments(letter: Letter | None) -> list[dict[str, Any]]:
    """The letter as the outbox takes it."""
    if letter is None:
        return []
    return [{"kind": LETTER_KIND, "args": {"letter": str(letter.pk)}, "name": letter_name(letter)}]
