"""The table of applications that staff take out: one row for each, in one query however many.

Every value is text, a number or a moment; making it safe for spreadsheets is the file's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F, OuterRef
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from apps.calls.enums import STAFF_WORDS
from apps.calls.models import CallQuestion, JointApplicant, Theme
from apps.calls.models.application import ApplicationQuerySet
from apps.calls.rules.places import places_words
from apps.calls.rules.radio import RadioAnswer
from apps.calls.rules.sensors import sensor_words
from apps.calls.selectors.answers import LABELS
from apps.calls.selectors.flags import annotated, flags_of, network_answer
from apps.calls.selectors.radio import radio
from apps.core import clock

CHUNK = 200
_LONG = ("search_text", "search_terms", "written", "place")


@dataclass(frozen=True)
class _Reader:
    """What every row needs beside itself."""

    themes: dict[str, str]
    questions: list[CallQuestion]


Column = tuple[str, Callable[[Any, RadioAnswer, _Reader], Any]]


def moment(value: datetime | None) -> str:
    """``2026-11-21 18:20`` in Japan's time; empty for none."""
    return value.astimezone(clock.TOKYO).strftime("%Y-%m-%d %H:%M") if value else ""


def _words(name: str) -> Column:
    return str(LABELS[name]), lambda row, answer, reader: getattr(row, name)


def _choice(name: str) -> Column:
    return str(LABELS[name]), lambda row, answer, reader: str(getattr(row, f"get_{name}_display")())


def _day(name: str) -> Column:
    def value(row: Any, answer: RadioAnswer, reader: _Reader) -> str:
        day = getattr(row, name)
        return day.isoformat() if day else ""

    return str(LABELS[name]), value


def _columns(reader: _Reader) -> list[Column]:
    return [*_course(), *_who(), *_what(), *_where(), *_safety(), *_decision(), *_extra(reader)]


def _course() -> list[Column]:
    return [
        (pgettext("export", "Number"), lambda row, answer, reader: row.code),
        (_("Call"), lambda row, answer, reader: row.call.title),
        (_("State"), lambda row, answer, reader: str(STAFF_WORDS[row.state])),
        (_("Received"), lambda row, answer, reader: moment(row.submitted_at)),
        (_("Times handed in"), lambda row, answer, reader: row.revision),
        (
            _("Flags"),
            lambda row, answer, reader: _(", ").join(str(flag.label) for flag in flags_of(row, answer)),
        ),
    ]


def _who() -> list[Column]:
    return [
        _choice("org_kind"),
        *[
            _words(name)
            for name in (
                "org_name",
                "org_kana",
                "corporate_number",
                "postal_code",
                "address",
                "representative",
                "contact_name",
                "contact_email",
                "contact_phone",
            )
        ],
        (_("Joint applicants"), lambda row, answer, reader: _(", ").join(row.partners)),
    ]


def _what() -> list[Column]:
    def themes(row: Any, answer: RadioAnswer, reader: _Reader) -> str:
        return _(", ").join(reader.themes.get(code, code) for code in row.themes)

    texts = [_words(name) for name in ("plan", "measure", "learning")]
    return [_words("title"), _words("need"), (str(LABELS["themes"]), themes), *texts]


def _where() -> list[Column]:
    return [
        (pgettext("export", "Devices"), lambda row, answer, reader: row.device_count),
        (pgettext("export", "Messages a day"), lambda row, answer, reader: answer.messages),
        (
            str(LABELS["sensors"]),
            lambda row, answer, reader: "\n".join(sensor_words(item) for item in row.sensors),
        ),
        (str(LABELS["places"]), lambda row, answer, reader: places_words(row.places) if row.places else ""),
        _choice("facilities"),
        _words("facility_name"),
        _words("facility_owner"),
        _day("period_from"),
        _day("period_until"),
    ]


def _safety() -> list[Column]:
    return [
        _choice("personal_data"),
        _words("personal_data_note"),
        _choice("conformity"),
        _words("conformity_note"),
        _choice("sharing"),
    ]


def _decision() -> list[Column]:
    return [
        (_("Decided"), lambda row, answer, reader: moment(row.decided_at)),
        (_("Devices granted"), lambda row, answer, reader: row.granted_devices),
        (_("Messages a day granted"), lambda row, answer, reader: row.granted_messages),
        (_("Reason told to the applicant"), lambda row, answer, reader: row.decision_reason),
        (pgettext("export", "Decision told"), lambda row, answer, reader: moment(row.decision_published_at)),
    ]


def _extra(reader: _Reader) -> list[Column]:
    def column(question: CallQuestion) -> Column:
        key, call = str(question.pk), question.call_id
        return (
            question.label,
            lambda row, answer, reader: str(row.extra_answers.get(key, "")) if row.call_id == call else "",
        )

    return [column(question) for question in reader.questions]


def export_rows(rows: ApplicationQuerySet, *, actor: Any) -> Iterator[list[Any]]:
    """The head and then a row for each of ``rows``, read in chunks.

    Four queries in all: themes, the calls' own questions, the settings, the applications.
    """
    language = get_language() or "ja"
    themes = {row.code: row.localized("name", language) for row in Theme.objects.all()}
    calls = rows.order_by().values("call")
    questions = list(
        CallQuestion.objects.filter(call__in=calls).order_by("call__code", "order", "created_at")
    )
    reader, settings = _Reader(themes, questions), radio()
    columns = _columns(reader)
    yield [title for title, _value in columns]
    partners = JointApplicant.objects.present().filter(application=OuterRef("pk")).order_by("created_at")
    found = annotated(rows, actor=actor).annotate(partners=ArraySubquery(partners.values("org_name")))
    found = found.select_related(None).select_related("call").defer(*_LONG)
    found = found.order_by(F("submitted_at").desc(nulls_last=True), "pk")
    # Cursors of the server are off for the sake of poolers; inside a transaction they serve there too,
    # and the memory stays flat however many rows there are.
    with transaction.atomic():
        for row in found._iterator(True, CHUNK):  # type: ignore[attr-defined]
            answer = network_answer(row, settings)
            yield [value(row, answer, reader) for _title, value in columns]
