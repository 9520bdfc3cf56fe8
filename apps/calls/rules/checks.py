"""What is missing or cannot be accepted when an application is handed in, in words to mend it."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calls.enums import AnswerKind, Conformity, FacilityUse, PersonalData, Sharing
from apps.calls.rules.places import places_problems
from apps.calls.rules.questions import KINDS, LIMITS, Answers, CallAsks, ExtraQuestion
from apps.calls.rules.sensors import sensor_problems, whole
from apps.calls.rules.words import period
from apps.core.text import clean_code
from apps.core.validators import clean_corporate_number
from apps.organizations.enums import OrganizationKind

Problems = dict[str, list[str]]
EXTRA_LIMIT = 2000


def problems(answers: Answers, asks: CallAsks) -> Problems:
    """The faults of ``answers`` by field (``extra_answers.<id>`` for the call's own questions)."""
    found: Problems = {}
    _check_required(answers, found)
    for name, limit in LIMITS.items():
        length = len(answers[name])
        if length > limit:
            found.setdefault(name, []).append(_too_long(limit, length))
    _check_number(answers, found)
    _check_postal_code(answers, found)
    _check_email(answers, found)
    if unknown := [code for code in answers["themes"] if asks.themes and code not in asks.themes]:
        found["themes"] = [_("Choose from the themes of this call.") for _one in unknown[:1]]
    faults = sensor_problems(answers["sensors"], undecided=answers["devices_undecided"])
    if faults:
        found["sensors"] = faults
    _check_place(answers, found)
    _check_period(answers, asks, found)
    _check_safety(answers, found)
    for item in asks.extra:
        _check_extra(item, answers["extra_answers"].get(item.id, ""), found)
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
        "postal_code": _("Write the 7 digits of the postal code."),
        "address": _("Write the address."),
        "representative": _("Write the name of the representative."),
        "contact_name": _("Write the name of the person we may contact."),
        "contact_email": _("Write an e-mail address for the receipt and the result."),
        "title": _("Give the trial a title."),
        "need": _("Write the need it starts from."),
        "plan": _("Write what you will try."),
        "measure": _("Write how you will know whether it worked."),
        "learning": _("Write what will be learned even if it fails."),
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


def _check_postal_code(answers: Answers, found: Problems) -> None:
    code = answers["postal_code"]
    if code and not re.fullmatch(r"[0-9]{7}", clean_code(code).removeprefix("〒")):
        found["postal_code"] = [_("A postal code has 7 digits, for example 930-0083.")]


def _check_email(answers: Answers, found: Problems) -> None:
    if "contact_email" in found:
        return
    try:
        validate_email(answers["contact_email"])
    except ValidationError:
        found["contact_email"] = [_("This is not an e-mail address. An example: haru@example.jp")]


def _check_place(answers: Answers, found: Problems) -> None:
    if faults := places_problems(answers["places"], undecided=answers["place_undecided"]):
        found["places"] = faults
    if answers["facilities"] not in FacilityUse.values:
        found["facilities"] = [_("Choose whether you use facilities of the city.")]
    elif answers["facilities"] == FacilityUse.YES and not answers["facility_name"]:
        found["facility_name"] = [_("Write which facility.")]


def _check_period(answers: Answers, asks: CallAsks, found: Problems) -> None:
    first, last = answers["period_from"], answers["period_until"]
    if first is None:
        found["period_from"] = [_("Write the first day.")]
    if last is None:
        found["period_until"] = [_("Write the last day.")]
    if first is None or last is None:
        return
    if last < first:
        found["period_until"] = [_("The last day is before the first day.")]
    elif first < asks.trial_from or last > asks.trial_until:
        text = _("Choose days within the trial period of this call, %(period)s.")
        found["period_from"] = [text % {"period": period(asks.trial_from, asks.trial_until)}]


def _check_safety(answers: Answers, found: Problems) -> None:
    if answers["personal_data"] not in PersonalData.values:
        found["personal_data"] = [_("Choose whether you handle personal data.")]
    elif answers["personal_data"] == PersonalData.YES and not answers["personal_data_note"]:
        found["personal_data_note"] = [_("Write which personal data, and how you keep them.")]
    if answers["conformity"] not in Conformity.values:
        found["conformity"] = [_("Choose one. “We do not know yet” is fine.")]
    if answers["sharing"] not in Sharing.values:
        found["sharing"] = [_("Choose one. It does not decide the adoption.")]


def _check_extra(item: ExtraQuestion, answer: Any, found: Problems) -> None:
    name, text = f"extra_answers.{item.id}", str(answer or "")
    if not text:
        if item.required:
            found[name] = [_("Please answer this question.")]
    elif len(text) > EXTRA_LIMIT:
        found[name] = [_too_long(EXTRA_LIMIT, len(text))]
    elif not _is_an_option(item, text):
        found[name] = [_("Choose one of the answers.")]
    elif item.kind == AnswerKind.NUMBER and not isinstance(whole(text), int):
        found[name] = [_("Write a whole number.")]


def _is_an_option(item: ExtraQuestion, text: str) -> bool:
    if item.kind == AnswerKind.YESNO:
        return text in ("yes", "no")
    return item.kind != AnswerKind.CHOICE or text in item.options
