"""What an application asks: four tasks, one screen for each question."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from apps.organizations.enums import OrganizationKind


@dataclass(frozen=True)
class Question:
    """One screen: its address, task, title, expected minutes and the fields of ``Application`` it fills."""

    slug: str
    task: str
    title: str | Promise
    minutes: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """What belongs together; ``slug`` is that of ``Question.task``."""

    slug: str
    title: str | Promise


TASKS = (
    Task("who", gettext_lazy("Who applies")),
    Task("what", gettext_lazy("What you will try")),
    Task("where", gettext_lazy("Devices, place and time")),
    Task("safety", gettext_lazy("Data and safety")),
)
QUESTIONS = (
    Question(
        "who",
        "who",
        gettext_lazy("Your company or organization"),
        2,
        (
            "org_kind",
            "org_name",
            "org_kana",
            "corporate_number",
            "postal_code",
            "address",
            "representative",
        ),
    ),
    Question(
        "contact",
        "who",
        gettext_lazy("Contact and joint applicants"),
        1,
        ("contact_name", "contact_email", "contact_phone"),
    ),
    Question("idea", "what", gettext_lazy("What you want to try"), 3, ("title", "need", "themes")),
    Question(
        "plan", "what", gettext_lazy("How you will try it and find out"), 3, ("plan", "measure", "learning")
    ),
    Question("devices", "where", gettext_lazy("Devices and messages"), 2, ("sensors", "devices_undecided")),
    Question(
        "place",
        "where",
        gettext_lazy("Place"),
        2,
        ("places", "place_undecided", "facilities", "facility_name", "facility_owner"),
    ),
    Question("period", "where", gettext_lazy("Period"), 1, ("period_from", "period_until")),
    Question(
        "safety",
        "safety",
        gettext_lazy("Data and safety"),
        2,
        ("personal_data", "personal_data_note", "conformity", "conformity_note", "sharing"),
    ),
    Question("extra", "safety", gettext_lazy("Questions of this call"), 2, ("extra_answers",)),
)
#: The screens of a call without questions of its own.
ALWAYS_ASKED = tuple(item for item in QUESTIONS if item.slug != "extra")
SLUGS = tuple(question.slug for question in QUESTIONS)
FIELDS = tuple(name for question in QUESTIONS for name in question.fields)
#: Told by the organization that is chosen; asked only when none is.
ORGANIZATION_FIELDS = ("org_kind", "org_name", "org_kana", "corporate_number")
#: Told by the latest application of the organization that is chosen, and asked.
ADDRESS_FIELDS = ("postal_code", "address", "representative")
#: Texts on one line.
LINES = frozenset(
    {
        "org_kind",
        "org_name",
        "org_kana",
        "corporate_number",
        "postal_code",
        "address",
        "representative",
        "contact_name",
        "contact_email",
        "contact_phone",
        "title",
        "facilities",
        "facility_name",
        "facility_owner",
        "personal_data",
        "conformity",
        "sharing",
    }
)
#: Texts that may have several lines.
AREAS = ("need", "plan", "measure", "learning", "personal_data_note", "conformity_note")
TEXTS = (*(name for name in FIELDS if name in LINES), *AREAS)
#: Characters that an answer may have when it is handed in.
LIMITS = {
    "org_name": 200,
    "org_kana": 200,
    "address": 300,
    "representative": 100,
    "contact_name": 100,
    "contact_email": 254,
    "contact_phone": 30,
    "title": 120,
    "need": 1000,
    "plan": 2000,
    "measure": 1000,
    "learning": 1000,
    "facility_name": 200,
    "facility_owner": 200,
    "personal_data_note": 1000,
    "conformity_note": 500,
}
#: Characters that a draft keeps in one field.
DRAFT_LIMIT = 50_000
MAX_DEVICES = 10_000
MAX_SENSORS = 20
#: Kinds an applicant may be; the city's own projects do not apply.
KINDS = tuple(kind for kind in OrganizationKind if kind != OrganizationKind.CITY)
MINUTES_OF_THE_CHECK = 2
#: Minutes of ``ALWAYS_ASKED`` and the check at the end.
MINUTES = sum(item.minutes for item in ALWAYS_ASKED) + MINUTES_OF_THE_CHECK

PLEDGES = {
    "publish": gettext_lazy("We publish the record of the results, also when it did not work."),
    "personal_data": gettext_lazy("We collect no personal data without permission."),
    "terms": gettext_lazy("We have read the conditions of the call and agree."),
}

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class ExtraQuestion:
    """A question of one call, as the rules need it."""

    id: str
    label: str
    kind: str
    required: bool
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class CallAsks:
    """What one call asks of its applications beside the questions of every call."""

    trial_from: date
    trial_until: date
    themes: frozenset[str] = frozenset()
    extra: tuple[ExtraQuestion, ...] = field(default=())


def question(slug: str) -> Question:
    """The question at ``slug``; raises ``KeyError``."""
    return {item.slug: item for item in QUESTIONS}[slug]


def question_of(name: str) -> Question:
    """The question that asks ``name`` (``extra_answers.<id>``: the questions of the call)."""
    stem = name.split(".", 1)[0]
    return next(item for item in QUESTIONS if stem in item.fields)


def questions_of(asks: CallAsks) -> tuple[Question, ...]:
    """The screens of a call's applications."""
    return QUESTIONS if asks.extra else ALWAYS_ASKED


def total_minutes(asks: CallAsks) -> int:
    """Minutes of all questions and the check at the end."""
    return sum(item.minutes for item in questions_of(asks)) + MINUTES_OF_THE_CHECK


def digest(values: Any) -> str:
    """A short name of what is held, to tell whether someone else changed it: 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]
