"""What an application asks, and what must be answered before it is handed in. No models, no HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from apps.core.clock import TOKYO
from apps.core.validators import clean_corporate_number
from apps.organizations.enums import OrganizationKind


@dataclass(frozen=True)
class Question:
    """One screen: its address, title, expected minutes and the fields of ``Application`` it fills."""

    slug: str
    title: str | Promise
    minutes: int
    fields: tuple[str, ...]


QUESTIONS = (
    Question(
        "who",
        gettext_lazy("You and your company"),
        2,
        (
            "org_kind",
            "org_name",
            "org_kana",
            "corporate_number",
            "contact_name",
            "contact_email",
            "contact_phone",
        ),
    ),
    Question("idea", gettext_lazy("What you want to try"), 3, ("title", "need")),
    Question("plan", gettext_lazy("How you will try it"), 3, ("plan",)),
    Question("devices", gettext_lazy("Number of devices"), 1, ("device_count", "devices_undecided")),
    Question("place", gettext_lazy("Place"), 2, ("place_name", "place", "place_undecided")),
)
SLUGS = tuple(question.slug for question in QUESTIONS)
FIELDS = tuple(name for question in QUESTIONS for name in question.fields)
ORGANIZATION_FIELDS = ("org_kind", "org_name", "org_kana", "corporate_number")
#: Texts on one line; the others may have several.
LINES = frozenset(
    {
        "org_kind",
        "org_name",
        "org_kana",
        "corporate_number",
        "contact_name",
        "contact_email",
        "contact_phone",
        "title",
        "place_name",
    }
)
TEXTS = (*(name for name in FIELDS if name in LINES), "need", "plan")
#: Characters that an answer may have when it is handed in.
LIMITS = {
    "org_name": 200,
    "org_kana": 200,
    "contact_name": 100,
    "contact_email": 254,
    "contact_phone": 30,
    "title": 120,
    "need": 1000,
    "plan": 2000,
    "place_name": 200,
}
#: Characters that a draft keeps in one field.
DRAFT_LIMIT = 50_000
MAX_DEVICES = 10_000
#: Kinds an applicant may be; the city's own projects do not apply.
KINDS = tuple(kind for kind in OrganizationKind if kind != OrganizationKind.CITY)

PLEDGES = {
    "publish": gettext_lazy("We publish the record of the results, also when it did not work."),
    "personal_data": gettext_lazy("We collect no personal data without permission."),
    "terms": gettext_lazy("We have read the conditions of the call and agree."),
}

Answers = Mapping[str, Any]
Problems = dict[str, list[str]]


def question(slug: str) -> Question:
    """The question at ``slug``; raises ``KeyError``."""
    return {item.slug: item for item in QUESTIONS}[slug]


def question_of(field: str) -> Question:
    """The question that asks ``field``."""
    return next(item for item in QUESTIONS if field in item.fields)


def total_minutes() -> int:
    """Minutes of all questions and the check at the end."""
    return sum(item.minutes for item in QUESTIONS) + 2


def digest(values: Answers) -> str:
    """A short name of what a screen's fields hold, to tell whether someone else changed them."""
    plain = {name: str(values[name] if values[name] is not None else "") for name in sorted(values)}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def problems(answers: Answers) -> Problems:
    """What is missing or cannot be accepted at submission, by field, in words to mend it."""
    found: Problems = {}
    _check_required(answers, found)
    for name, limit in LIMITS.items():
        length = len(answers[name])
        if length > limit:
            found.setdefault(name, []).append(_too_long(limit, length))
    _check_number(answers, found)
    _check_email(answers, found)
    _check_devices(answers, found)
    if answers["place"] is None and not answers["place_name"] and not answers["place_undecided"]:
        found["place_name"] = [_("Name the place, choose it on the map, or tick “not decided yet”.")]
    return found


def _too_long(limit: int, length: int) -> str:
    text = ngettext(
        "Please shorten this to %(limit)d characters. It has %(length)d character.",
        "Please shorten this to %(limit)d characters. It has %(length)d characters.",
        length,
    )
    return text % {"limit": limit, "length": length}


def _required_texts() -> dict[str, str]:
    return {
        "org_kind": _("Choose the kind of organization."),
        "org_name": _("Write the name of your company or organization."),
        "org_kana": _("Write the reading in kana."),
        "contact_name": _("Write the name of the person we may contact."),
        "contact_email": _("Write an e-mail address for the receipt and the result."),
        "title": _("Give the trial a title."),
        "need": _("Write the need it starts from."),
        "plan": _("Write what you will try."),
    }


def _check_required(answers: Answers, found: Problems) -> None:
    for name, text in _required_texts().items():
        if not answers[name]:
            found[name] = [text]
    if answers["org_kind"] and answers["org_kind"] not in KINDS:
        found["org_kind"] = [_required_texts()["org_kind"]]


def _check_number(answers: Answers, found: Problems) -> None:
    kind, number = answers["org_kind"], answers["corporate_number"]
    if kind == OrganizationKind.SOLE and number:
        found["corporate_number"] = [_("Sole proprietors have no corporate number. Leave it empty.")]
    elif number:
        try:
            clean_corporate_number(number)
        except ValidationError as error:
            found["corporate_number"] = list(error.messages)
    elif kind == OrganizationKind.CORPORATION:
        found["corporate_number"] = [_("Write the 13 digits of the corporate number.")]


def _check_email(answers: Answers, found: Problems) -> None:
    if "contact_email" in found:
        return
    try:
        validate_email(answers["contact_email"])
    except ValidationError:
        found["contact_email"] = [_("This is not an e-mail address. An example: haru@example.jp")]


def _check_devices(answers: Answers, found: Problems) -> None:
    count = answers["device_count"]
    if count is None and not answers["devices_undecided"]:
        found["device_count"] = [_("Write the number of devices, or tick “not known yet”.")]
    elif count is not None and not 1 <= count <= MAX_DEVICES:
        found["device_count"] = [_("Write a number from 1 to 10,000.")]


def _format(value: date, japanese: str, english: str) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(TOKYO)
    return dateformat.format(value, english if get_language() == "en" else japanese)


def day(value: date) -> str:
    """``2026年12月3日（木）``"""
    return _format(value, "Y年n月j日（D）", "D j F Y")


def day_time(value: datetime) -> str:
    """``2026年12月3日（木）17:15``, in Japan."""
    return _format(value, "Y年n月j日（D）G:i", "D j F Y, G:i")


def short_day(value: date) -> str:
    """``12月3日``"""
    return _format(value, "n月j日", "j F")


def short_day_time(value: datetime) -> str:
    """``12月3日 17:15``, in Japan."""
    return _format(value, "n月j日 G:i", "j F, G:i")


def period(first: date, last: date) -> str:
    """``2027年1月12日–6月30日``; the second year only when it is another."""
    end = short_day(last) if first.year == last.year else _format(last, "Y年n月j日", "j F Y")
    if get_language() == "en":
        start = short_day(first) if first.year == last.year else _format(first, "", "j F Y")
        return f"{start} – {end} {last.year}" if first.year == last.year else f"{start} – {end}"
    return f"{_format(first, 'Y年n月j日', '')}–{end}"
