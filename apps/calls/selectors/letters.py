"""What a letter says in each language, and who may read which letters."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.calls.enums import LetterKind
from apps.calls.models import Application, Letter
from apps.calls.rules import day, day_time, period
from apps.calls.rules.letters import era_day, without_honorific
from apps.calls.rules.trial_period import trial_period
from apps.core import clock
from apps.core.errors import NotFound
from apps.organizations.models import Membership


@dataclass(frozen=True)
class Sheet:
    """One language of a letter, ready for paper."""

    language: str
    number: str
    day: str
    addressee: str
    sender: str
    signatory: str
    note: str
    kind: str
    subject: str
    text: str
    rows: list[tuple[str, str]]
    changes: list[Mapping[str, str]] = field(default_factory=list)
    closing: str = ""
    contact: str = ""
    sample: str = ""
    official: str = ""


def letter_context(letter: Letter) -> dict[str, Any]:
    """The context of ``calls/letters/letter.html``: the Japanese letter, which is the official one, and a
    translation where the addressee reads English."""
    languages = ["ja", "en"] if letter.language == "en" else ["ja"]
    sheets = []
    for language in languages:
        with translation.override(language):
            sheets.append(_sheet(letter, language))
    return {
        "letter": letter,
        "sheets": sheets,
        "title": f"{sheets[0].kind} {letter.number}",
        "city": letter.values.get("city_name", ""),
    }


def _sheet(letter: Letter, language: str) -> Sheet:
    values = letter.values
    english = language == "en"
    subject, text, closing = _words(letter, english)
    return Sheet(
        language=language,
        number=letter.number,
        day=_plain_day(letter.issued_on) if english else era_day(letter.issued_on),
        addressee=without_honorific(letter.addressee) if english else letter.addressee,
        sender=_both(values, "city_name", english),
        signatory=_both(values, "letter_signatory", english),
        note="" if english else str(values.get("letter_note", "")),
        kind=capfirst(str(LetterKind(letter.kind).label)),
        subject=subject,
        text=text,
        rows=_rows(letter),
        changes=[_change(row, english) for row in values.get("rows") or []],
        closing=closing,
        contact=_contact(values, english),
        sample=_("SAMPLE: this letter was made with sample settings. It has no effect.")
        if values.get("sample")
        else "",
        official=_("This is a translation. The Japanese letter is the official one.") if english else "",
    )


def _both(values: Mapping[str, Any], name: str, english: bool) -> str:
    return str((values.get(f"{name}_en") if english else "") or values.get(name) or "")


def _plain_day(value: date) -> str:
    return f"{value.day} {value:%B} {value.year}"


def _contact(values: Mapping[str, Any], english: bool) -> str:
    parts = [_both(values, "department", english), values.get("contact_phone"), values.get("contact_email")]
    return "　".join(str(part) for part in parts if part)


def _words(letter: Letter, english: bool) -> tuple[str, str, str]:
    """Subject, text, and what comes below the table."""
    values = letter.values
    call = _both(values, "call", english)
    if letter.kind == LetterKind.ADOPTION:
        text = (
            _("You applied to “%(call)s”. We adopt your trial with the conditions below.")
            if values.get("conditions")
            else _("You applied to “%(call)s”. We adopt your trial as stated below.")
        )
        closing = _(
            "Please tell us on your page by the day above whether you will carry out the trial. "
            "Without an answer by then the adoption may lapse."
        )
        return _("Adoption of your trial (notice)"), text % {"call": call}, closing
    if letter.kind == LetterKind.WAITLIST:
        text = _("You applied to “%(call)s”. Your trial is on the waiting list, as stated below.")
        closing = _("When a place becomes free, you are adopted in this order, and we write to you.")
        return _("Your place on the waiting list (notice)"), text % {"call": call}, closing
    if letter.kind == LetterKind.DECLINE:
        text = _("You applied to “%(call)s”. After the review we do not adopt your trial this time.")
        return _("The result of the review (notice)"), text % {"call": call}, ""
    text = _("You asked to change the trial below. We approve the change as stated.")
    return _("Approval of a change to your trial (notice)"), text, ""


def _rows(letter: Letter) -> list[tuple[str, str]]:
    """Label and value of everything the letter knows, in the active language."""
    values = letter.values
    granted = letter.kind in (LetterKind.ADOPTION, LetterKind.CHANGE)
    rows = [
        (_("Receipt number"), values.get("code")),
        (pgettext("letter", "Trial number"), letter.trial_code),
        (pgettext("letter", "Title"), values.get("title")),
    ]
    if granted:
        rows += [
            (pgettext("letter", "Period"), _period(values.get("period"))),
            (pgettext("letter", "Devices"), _devices(values.get("devices"))),
            (pgettext("letter", "Messages a day"), _messages(values.get("messages"))),
            (pgettext("letter", "Conditions"), values.get("conditions")),
            (pgettext("letter", "Report due"), _day(values.get("report_due"))),
        ]
    rows += [
        (pgettext("letter", "Place on the waiting list"), _number(values.get("rank"))),
        (pgettext("letter", "Reason"), values.get("reason")),
        (pgettext("letter", "Accept until"), _moment(values.get("accept_until"))),
    ]
    return [(label, str(value)) for label, value in rows if value]


def _change(row: Mapping[str, Any], english: bool) -> dict[str, str]:
    def read(name: str) -> str:
        return str((row.get(f"{name}_en") if english else "") or row.get(name) or "")

    return {"label": read("label"), "before": read("before") or "–", "after": read("after") or "–"}


def _devices(value: Any) -> str:
    if not isinstance(value, int):
        return ""
    words = ngettext("up to %(number)s device", "up to %(number)s devices", value)
    return words % {"number": f"{value:,}"}


def _messages(value: Any) -> str:
    if not isinstance(value, int):
        return ""
    words = ngettext("up to %(number)s message a day", "up to %(number)s messages a day", value)
    return words % {"number": f"{value:,}"}


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) else ""


def _day(value: Any) -> str:
    return day(date.fromisoformat(value)) if value else ""


def _moment(value: Any) -> str:
    return day_time(datetime.fromisoformat(value)) if value else ""


def _period(value: Any) -> str:
    return period(*(date.fromisoformat(part) for part in value)) if value else ""


def readable_letters(actor: Any) -> QuerySet[Letter]:
    """Those the actor may read: staff every one, the organization's people what they were told."""
    if not actor.is_authenticated:
        return Letter.objects.none()
    if actor.is_staff:
        return Letter.objects.all()
    mine = Membership.objects.filter(user=actor).values("organization")
    return Letter.objects.filter(Q(organization__in=mine), told_at__isnull=False)


def access_letter(*, actor: Any, pk: uuid.UUID) -> Letter:
    """The letter; ``NotFound`` for whoever may not read it, and while it is not told."""
    letter = readable_letters(actor).filter(pk=pk).first()
    if letter is None:
        raise NotFound(_("There is no such letter."))
    return letter


def letters_of(application: Application, actor: Any) -> list[Letter]:
    """The told letters about ``application`` that ``actor`` may read, the newest first."""
    return list(readable_letters(actor).filter(application=application, told_at__isnull=False))


def granted_of(application: Application, now: datetime | None = None) -> dict[str, date]:
    """From when until when the trial runs if the company accepts now, and when its report is due."""
    call = application.call
    begins, ends = trial_period(
        wish_from=application.period_from,
        wish_until=application.period_until,
        call_from=call.trial_from,
        call_until=call.trial_until,
        today=clock.local_date(now),
    )
    return {"begins": begins, "ends": ends, "report_due": ends + timedelta(days=call.report_days)}


def letter_of(application: Application) -> Letter | None:
    """The letter that holds for the present decision on ``application``. One query."""
    return Letter.objects.filter(application=application, voided_at=None).order_by("-created_at").first()
