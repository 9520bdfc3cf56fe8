"""The answers of an application as people read them: on the check page, by staff, in the copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.enums import AnswerKind, Conformity, FacilityUse, PersonalData, Sharing
from apps.calls.models import Application, Call, CallQuestion, Theme
from apps.calls.rules.places import places_words
from apps.calls.rules.sensors import sensor_words
from apps.calls.selectors.applications import answers_of
from apps.calls.selectors.attachments import attachment_facts
from apps.calls.selectors.calls import asks_of
from apps.organizations.enums import OrganizationKind

#: What each answer is called where it is read.
LABELS = {
    "org_kind": gettext_lazy("Kind of organization"),
    "org_name": gettext_lazy("Company or organization"),
    "org_kana": gettext_lazy("Reading in kana"),
    "corporate_number": gettext_lazy("Corporate number"),
    "postal_code": gettext_lazy("Postal code"),
    "address": gettext_lazy("Address"),
    "representative": gettext_lazy("Representative"),
    "contact_name": gettext_lazy("Contact person"),
    "contact_email": gettext_lazy("Contact e-mail"),
    "contact_phone": gettext_lazy("Phone"),
    "title": gettext_lazy("Title"),
    "need": gettext_lazy("The need it starts from"),
    "themes": gettext_lazy("Themes"),
    "plan": gettext_lazy("What you will try"),
    "measure": gettext_lazy("How you will know whether it worked"),
    "learning": gettext_lazy("What is learned if it fails"),
    "sensors": gettext_lazy("Sensors"),
    "places": gettext_lazy("Place"),
    "facilities": gettext_lazy("Facilities of the city"),
    "facility_name": gettext_lazy("Which facility"),
    "facility_owner": gettext_lazy("Who keeps it"),
    "period_from": gettext_lazy("First day"),
    "period_until": gettext_lazy("Last day"),
    "personal_data": gettext_lazy("Handling of personal data"),
    "personal_data_note": gettext_lazy("Which personal data, and how you keep them"),
    "conformity": gettext_lazy("Technical conformity"),
    "conformity_note": gettext_lazy("Conformity numbers"),
    "sharing": gettext_lazy("Sharing of the data"),
}
_CHOICES: Mapping[str, Mapping[str, Any]] = {
    "org_kind": dict(OrganizationKind.choices),
    "facilities": dict(FacilityUse.choices),
    "personal_data": dict(PersonalData.choices),
    "conformity": dict(Conformity.choices),
    "sharing": dict(Sharing.choices),
}
#: Shown only when there is an answer.
_QUIET = frozenset(
    {"contact_phone", "facility_name", "facility_owner", "personal_data_note", "conformity_note"}
)


@dataclass(frozen=True)
class AnswerRow:
    """``name`` of the field, its label, the answer in words (several lines possible), where to change it."""

    name: str
    label: str
    value: str
    href: str = ""
    note: str = ""


@dataclass(frozen=True)
class AnswerPart:
    """A screen's answers under its title; ``slug`` of the screen, ``places`` of its map."""

    slug: str
    title: str
    rows: list[AnswerRow] = field(default_factory=list)
    places: list[dict[str, Any]] = field(default_factory=list)


def answer_parts(application: Application, answers: Mapping[str, Any] | None = None) -> list[AnswerPart]:
    """Every answer, by screen. ``answers``: those of a revision (as JSON); else as they stand now."""
    call = application.call
    answers = answers_of(application) if answers is None else answers
    parts = []
    for item in rules.questions_of(asks_of(call)):
        href = reverse("calls:application-question", args=[application.code, item.slug])
        rows = _extra_rows(call, answers, href) if item.slug == "extra" else _rows(call, item, answers, href)
        if item.slug == "safety":
            rows.append(_files_row(application, answers))
        places = (answers.get("places") or []) if "places" in item.fields else []
        parts.append(AnswerPart(item.slug, str(item.title), rows, places))
    return parts


def _rows(call: Call, item: rules.Question, answers: Mapping[str, Any], href: str) -> list[AnswerRow]:
    rows = []
    for name in item.fields:
        if name not in LABELS:
            continue
        value = answer_words(call, name, answers)
        if value or name not in _QUIET:
            rows.append(AnswerRow(name, str(LABELS[name]), value, href))
    return rows


def _files_row(application: Application, answers: Mapping[str, Any]) -> AnswerRow:
    """The names of the files: those of a revision, else those that are there."""
    kept = answers.get("attachments")
    files = attachment_facts(application) if kept is None else kept
    names = "\n".join(str(row["name"]) for row in files) or _("None")
    return AnswerRow("attachments", _("Files"), names, reverse("calls:attachments", args=[application.code]))


def answer_words(call: Call, name: str, answers: Mapping[str, Any]) -> str:
    """One answer in words; empty when there is none."""
    value = answers.get(name)
    if name in _CHOICES:
        return str(_CHOICES[name].get(value or "", ""))
    if name == "themes":
        return _theme_words(call, value or [])
    if name == "sensors":
        return _sensors_words(value or [], bool(answers.get("devices_undecided")))
    if name == "places":
        return _places_words(value or [], bool(answers.get("place_undecided")))
    if name in ("period_from", "period_until") and value:
        return rules.day(value if isinstance(value, date) else date.fromisoformat(value))
    if name == "postal_code" and value and len(value) == 7:
        return f"〒{value[:3]}-{value[3:]}"
    return str(value or "")


def _theme_words(call: Call, codes: list[str]) -> str:
    language = get_language() or "ja"
    names = {theme.code: theme.localized("name", language) for theme in call.themes.all()}
    if other := [code for code in codes if code not in names]:
        # A theme may have left the call since; its name is still better than its code.
        others = Theme.objects.filter(code__in=other)
        names |= {theme.code: theme.localized("name", language) for theme in others}
    return _(", ").join(names.get(code, code) for code in codes)


def _sensors_words(sensors: list[dict[str, Any]], undecided: bool) -> str:
    if not sensors:
        return _("Not known yet") if undecided else ""
    return "\n".join(sensor_words(row) for row in sensors)


def _places_words(places: list[dict[str, Any]], undecided: bool) -> str:
    if not places:
        return _("Not decided yet") if undecided else ""
    return places_words(places)


def extra_words(call: Call, key: str, value: Any) -> str:
    """The answer ``value`` to the call's question ``key`` in words."""
    question = next((item for item in call.extra_questions.all() if str(item.pk) == key), None)
    return str(value or "") if question is None else _extra_words(question, value)


def _extra_words(question: CallQuestion, value: Any) -> str:
    text = str(value or "")
    if question.kind == AnswerKind.YESNO:
        return {"yes": _("Yes"), "no": _("No")}.get(text, text)
    if question.kind == AnswerKind.CHOICE:
        return dict(question.shown_options(get_language() or "ja")).get(text, text)
    return text


def _extra_rows(call: Call, answers: Mapping[str, Any], href: str) -> list[AnswerRow]:
    language = get_language() or "ja"
    given = answers.get("extra_answers") or {}
    return [
        AnswerRow(
            f"extra_answers.{question.pk}",
            question.localized("label", language),
            _extra_words(question, given.get(str(question.pk), "")),
            href,
        )
        for question in call.extra_questions.all()
    ]
