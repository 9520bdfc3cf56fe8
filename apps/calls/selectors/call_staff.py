"""What staff must know before they change a call: whom it touches, what is missing."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calls.enums import ApplicationState, CallState
from apps.calls.models import Application, Call, CallQuestion
from apps.calls.rules import day, day_time, period
from apps.core import clock

_WRITING = (ApplicationState.DRAFT, ApplicationState.RETURNED)
_HANDED_IN = (ApplicationState.SUBMITTED, ApplicationState.RETURNED)


def date_consequences(before: Call, after: Call, now: datetime | None = None) -> list[str]:
    """What new dates of a published call change, and for how many; empty when nothing does.

    ``before`` is the call as it is kept, ``after`` as it would be.
    """
    if before.state != CallState.PUBLISHED:
        return []
    now = now or clock.now()
    lines = [
        *_of_closing(before, after, now),
        *_of_opening(before, after, now),
        *_of_later_dates(before, after),
    ]
    if lines:
        lines.append(_("The page shows the new dates at once. This does not send any mail."))
    return lines


def _of_closing(before: Call, after: Call, now: datetime) -> list[str]:
    if before.last_moment == after.last_moment and before.closes_at == after.closes_at:
        return []
    dates = {"old": day_time(before.last_moment), "new": day_time(after.last_moment)}
    if before.is_open(now) and after.last_moment <= now:
        said = _("Applications close at once, not on %(old)s.")
    elif before.last_moment <= now < after.last_moment:
        said = _("Applications are taken again, until %(new)s.")
    elif after.last_moment < before.last_moment:
        said = _("Applications are taken until %(new)s, no longer until %(old)s.")
    elif after.last_moment > before.last_moment:
        said = _("Applications are taken until %(new)s instead of %(old)s.")
    else:
        said = _("Another deadline stands on the page. Applications are taken until %(new)s as before.")
    return [said % dates, _touched(before)]


def _touched(call: Call) -> str:
    """How many write, and how many have handed in and may correct."""
    rows = Application.objects.filter(call=call)
    writing = rows.filter(state__in=_WRITING).count()
    sent = rows.filter(state=ApplicationState.SUBMITTED).count()
    drafts = ngettext("%(number)d draft", "%(number)d drafts", writing) % {"number": writing}
    others = ngettext("%(number)d application", "%(number)d applications", sent) % {"number": sent}
    return _(
        "It touches %(drafts)s not handed in, and %(applications)s that may be corrected until then."
    ) % {
        "drafts": drafts,
        "applications": others,
    }


def _of_opening(before: Call, after: Call, now: datetime) -> list[str]:
    if before.opens_at == after.opens_at:
        return []
    if before.opens_at <= now < after.opens_at:
        said = _("Applications stop until %(new)s. Drafts can be written on but not handed in.")
    else:
        said = _("Applications open on %(new)s instead of %(old)s.")
    return [said % {"old": day_time(before.opens_at), "new": day_time(after.opens_at)}]


def _of_later_dates(before: Call, after: Call) -> list[str]:
    lines = []
    old, new = before.questions_until or before.closes_at, after.questions_until or after.closes_at
    if old != new:
        lines.append(_("Public questions are taken until %(new)s.") % {"new": day_time(new)})
    if before.decision_on != after.decision_on:
        lines.append(
            _("Applicants read on their page that the results come by %(new)s instead of %(old)s.")
            % {"old": day(before.decision_on), "new": day(after.decision_on)}
        )
    if (before.trial_from, before.trial_until) != (after.trial_from, after.trial_until):
        outside = (
            Application.objects.filter(call=before, state__in=_HANDED_IN)
            .filter(Q(period_from__lt=after.trial_from) | Q(period_until__gt=after.trial_until))
            .count()
        )
        new_period = period(after.trial_from, after.trial_until)
        lines.append(_("The trial runs %(period)s.") % {"period": new_period})
        if outside:
            lines.append(
                ngettext(
                    "%(number)d application names a period outside it.",
                    "%(number)d applications name a period outside it.",
                    outside,
                )
                % {"number": outside}
            )
    return lines


def answers_to(question: CallQuestion) -> int:
    """How many applications, drafts too, have an answer to ``question`` that is not empty."""
    key = str(question.pk)
    rows = Application.objects.filter(call_id=question.call_id, extra_answers__has_key=key)
    return rows.exclude(**{f"extra_answers__{key}": ""}).count()


def publish_notes(call: Call, now: datetime | None = None) -> list[str]:
    """What is worth a look before ``call`` is published. None of it forbids publishing."""
    now = now or clock.now()
    notes = []
    if call.last_moment <= now:
        notes.append(_("The deadline has passed. Nobody can apply."))
    elif call.opens_at <= now:
        notes.append(_("The opening has passed. People can apply as soon as you publish."))
    if call.trial_from < call.decision_on:
        notes.append(_("The trial begins before the results are told. Please look at the dates again."))
    if not call.criteria.exists():
        notes.append(_("There are no review criteria yet. The page does not say how applications are read."))
    if not call.guideline:
        notes.append(_("There is no guideline. The page shows the short texts only."))
    if not call.themes.exists():
        notes.append(_("No theme is chosen. Applicants are not asked for one."))
    pairs = ("title", "summary", "lent", "eligible", "conditions", "guideline")
    if any(getattr(call, name) and not getattr(call, f"{name}_en") for name in pairs):
        notes.append(_("The English text is not complete. English pages show the Japanese text instead."))
    return notes
