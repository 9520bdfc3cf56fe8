"""Where an application stands, in the words its company reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.calls.enums import PUBLIC_WORDS, ApplicationState
from apps.calls.models import Application
from apps.calls.permissions import may_answer, may_lead
from apps.calls.rules import day, day_time, period
from apps.calls.selectors.applications import is_correctable
from apps.core import clock
from apps.core.site import site_settings


@dataclass(frozen=True)
class Status:
    """``state`` and ``word`` for the tag, one ``sentence``, what comes ``next``, and what may be done."""

    state: ApplicationState
    word: str
    sentence: str
    next: str
    steps: list[dict[str, Any]]
    may_correct: bool
    may_withdraw: bool
    may_reopen: bool
    may_answer: bool
    may_accept: bool
    may_leave: bool


def status_of(*, application: Application, actor: Any, now: datetime | None = None) -> Status:
    """A decision that was not told reads exactly as an application under review."""
    now = now or clock.now()
    state = application.public_state
    open_now = application.call.is_open(now)
    leads = may_lead(actor, application)
    sentence, following = _words(application, state, open_now, leads, now)
    return Status(
        state=state,
        word=_word(application, state),
        sentence=sentence,
        next=following,
        steps=_steps(application, state),
        may_correct=leads and is_correctable(application, now),
        may_withdraw=leads and (is_correctable(application, now) or state == ApplicationState.RETURNED),
        may_reopen=leads and state == ApplicationState.WITHDRAWN and open_now,
        may_answer=(answers := state == ApplicationState.ADOPTED and may_answer(actor, application)),
        may_accept=answers and not is_late(application, now),
        may_leave=leads and state == ApplicationState.WAITLISTED,
    )


def is_late(application: Application, now: datetime) -> bool:
    """The time to accept has passed."""
    return application.answer_due_at is not None and now > application.answer_due_at


def _word(application: Application, state: ApplicationState) -> str:
    if state == ApplicationState.ADOPTED and application.conditions:
        return pgettext("applicant", "Adopted with conditions")
    if state == ApplicationState.TURNED_DOWN and application.answered_at is None:
        return pgettext("applicant", "Adoption ended")
    return str(PUBLIC_WORDS[state])


def _words(
    application: Application, state: ApplicationState, open_now: bool, leads: bool, now: datetime
) -> tuple[str, str]:
    call = application.call
    deadline, decision = day_time(call.closes_at), day(call.decision_on)
    if call.in_grace():
        deadline = day_time(call.last_moment)
    if state == ApplicationState.DRAFT:
        if open_now:
            by = (
                _("Hand it in by %(deadline)s.")
                if leads
                else _("The lead applicant hands it in by %(deadline)s.")
            )
            return _("Not sent yet."), by % {"deadline": deadline}
        return _("Not sent yet."), _("This call takes no applications now.")
    if state == ApplicationState.SUBMITTED:
        told = _("The result comes by %(day)s, by e-mail and on this page.") % {"day": decision}
        if open_now:
            until = _("Until %(deadline)s you can correct it or take it back.") % {"deadline": deadline}
            return _("We have received your application."), f"{told} {until}"
        return _("The city is reading your application."), told
    if state == ApplicationState.RETURNED:
        until = day_time(application.return_until) if application.return_until else decision
        asked = _("Please correct it and hand it in again by %(until)s.") % {"until": until}
        return _("The city asks you to correct your application."), asked
    if state == ApplicationState.ADOPTED:
        return _adopted(application), _answer_asked(application, now)
    if state == ApplicationState.WAITLISTED:
        return _waiting(application)
    return _after(application, state, deadline if open_now else "")


def _after(application: Application, state: ApplicationState, deadline: str) -> tuple[str, str]:
    """Of what is over; ``deadline``: until when it could be handed in again."""
    call = application.call
    return {
        ApplicationState.DECLINED: (
            _("Your application was not adopted this time."),
            _("You can apply again in the next call."),
        ),
        ApplicationState.ACCEPTED: (
            _("You accepted the trial."),
            _("You can register devices now. The trial runs %(period)s.")
            % {"period": period(call.trial_from, call.trial_until)},
        ),
        ApplicationState.TURNED_DOWN: (
            _("You turned the trial down.")
            if application.answered_at
            else _("No answer came in time, so the adoption has ended."),
            _("Nothing more needs to be done. You can apply again in the next call."),
        ),
        ApplicationState.WITHDRAWN: (
            _("You withdrew this application."),
            _("Until %(deadline)s you can correct it and hand it in again.") % {"deadline": deadline}
            if deadline
            else _("Nothing more needs to be done."),
        ),
    }[state]


def _answer_asked(application: Application, now: datetime) -> str:
    due = application.answer_due_at
    if due is None:
        return _("Please tell us whether you will carry out the trial.")
    if now > due:
        words = _("The time to accept ended on %(due)s. Write to %(email)s: the city can give you more time.")
        return words % {"due": day_time(due), "email": site_settings().contact_email}
    return _("Please tell us by %(due)s whether you will carry out the trial.") % {"due": day_time(due)}


def _waiting(application: Application) -> tuple[str, str]:
    sentence = _("Your application is on the waiting list. Its place is number %(rank)s.")
    following = _(
        "When a place becomes free, applications are adopted in this order, and we write to you at once. "
        "The trials begin on %(day)s. You need not do anything."
    )
    return sentence % {"rank": application.waitlist_rank}, following % {
        "day": day(application.call.trial_from)
    }


def _adopted(application: Application) -> str:
    devices = application.granted_devices or 0
    if application.conditions:
        text = ngettext(
            "Your application is adopted with conditions. You may use up to %(devices)s device.",
            "Your application is adopted with conditions. You may use up to %(devices)s devices.",
            devices,
        )
        return text % {"devices": f"{devices:,}"}
    text = ngettext(
        "Your application is adopted. You may use up to %(devices)s device.",
        "Your application is adopted. You may use up to %(devices)s devices.",
        devices,
    )
    return text % {"devices": f"{devices:,}"}


def _answer_detail(application: Application, state: ApplicationState) -> str:
    if application.answered_at:
        return day_time(application.answered_at)
    if state == ApplicationState.ADOPTED and application.answer_due_at:
        return _("Until %(day)s") % {"day": day_time(application.answer_due_at)}
    return ""


def _steps(application: Application, state: ApplicationState) -> list[dict[str, Any]]:
    """Hand in, review, result, answer, trial; nothing where it ended before."""
    call = application.call
    order = {
        ApplicationState.DRAFT: 0,
        ApplicationState.RETURNED: 0,
        ApplicationState.SUBMITTED: 1,
        ApplicationState.WAITLISTED: 2,
        ApplicationState.ADOPTED: 3,
        ApplicationState.ACCEPTED: 4,
    }
    if state not in order:
        return []
    current = order[state]
    sent = application.submitted_at
    told = application.decision_published_at
    result = day_time(told) if told else day(call.decision_on)
    if state == ApplicationState.WAITLISTED:
        result = _("Waiting list, place %(rank)s") % {"rank": application.waitlist_rank}
    rows = [
        (_("Application"), day_time(sent) if sent else day_time(call.closes_at)),
        (_("Review"), _("Until %(day)s") % {"day": day(call.decision_on)}),
        (_("Results"), result),
        (_("Your answer"), _answer_detail(application, state)),
        (_("Trial"), period(call.trial_from, call.trial_until)),
    ]
    return [
        {
            "title": title,
            "detail": detail,
            "state": "current" if index == current else "done" if index < current else "",
        }
        for index, (title, detail) in enumerate(rows)
    ]
