"""Where an application stands, in the words its company reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calls.enums import PUBLIC_WORDS, ApplicationState
from apps.calls.models import Application
from apps.calls.permissions import may_answer, may_lead
from apps.calls.rules import day, day_time, period
from apps.calls.selectors.applications import is_correctable
from apps.core import clock


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


def status_of(*, application: Application, actor: Any, now: datetime | None = None) -> Status:
    """A decision that was not told reads exactly as an application under review."""
    now = now or clock.now()
    state = application.public_state
    open_now = application.call.is_open(now)
    leads = may_lead(actor, application)
    sentence, following = _words(application, state, open_now, leads)
    return Status(
        state=state,
        word=str(PUBLIC_WORDS[state]),
        sentence=sentence,
        next=following,
        steps=_steps(application, state),
        may_correct=leads and is_correctable(application, now),
        may_withdraw=leads and (is_correctable(application, now) or state == ApplicationState.RETURNED),
        may_reopen=leads and state == ApplicationState.WITHDRAWN and open_now,
        may_answer=state == ApplicationState.ADOPTED and may_answer(actor, application),
    )


def _words(application: Application, state: ApplicationState, open_now: bool, leads: bool) -> tuple[str, str]:
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
        return _adopted(application), _("Please tell us whether you will carry out the trial.")
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
            _("You turned the trial down."),
            _("Nothing more needs to be done. You can apply again in the next call."),
        ),
        ApplicationState.WITHDRAWN: (
            _("You withdrew this application."),
            _("Until %(deadline)s you can correct it and hand it in again.") % {"deadline": deadline}
            if deadline
            else _("Nothing more needs to be done."),
        ),
    }[state]


def _adopted(application: Application) -> str:
    devices = application.granted_devices or 0
    text = ngettext(
        "Your application is adopted. You may use up to %(devices)s device.",
        "Your application is adopted. You may use up to %(devices)s devices.",
        devices,
    )
    return text % {"devices": f"{devices:,}"}


def _steps(application: Application, state: ApplicationState) -> list[dict[str, Any]]:
    """Hand in, review, result, answer, trial; nothing where it ended before."""
    call = application.call
    order = {
        ApplicationState.DRAFT: 0,
        ApplicationState.RETURNED: 0,
        ApplicationState.SUBMITTED: 1,
        ApplicationState.ADOPTED: 3,
        ApplicationState.ACCEPTED: 4,
    }
    if state not in order:
        return []
    current = order[state]
    sent = application.submitted_at
    told = application.decision_published_at
    answered = application.answered_at
    rows = [
        (_("Application"), day_time(sent) if sent else day_time(call.closes_at)),
        (_("Review"), _("Until %(day)s") % {"day": day(call.decision_on)}),
        (_("Results"), day_time(told) if told else day(call.decision_on)),
        (_("Your answer"), day_time(answered) if answered else ""),
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
