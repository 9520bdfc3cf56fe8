"""The sheet a reviewer reads: what a revision answered, named in ``rules.blind``, and nothing else.

No page for reviewers gets an ``Application``: everything on it comes from here, veiled where the phase
hides the applicant.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models.fields.json import KT
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.models import Application, ApplicationRevision, Attachment, Call, JointApplicant
from apps.calls.rules.blind import (
    BLIND_FIELDS,
    IDENTITY_FIELDS,
    OPEN_FIELDS,
    Identity,
    Veil,
    identities_joined,
    identity_of_answers,
)
from apps.calls.rules.radio import RadioAnswer
from apps.calls.rules.sensors import interval_words
from apps.calls.selectors.answers import LABELS, answer_words, extra_words
from apps.calls.selectors.applications import answers_of
from apps.calls.selectors.attachments import attachment_facts
from apps.calls.selectors.calls import asks_of
from apps.calls.selectors.joint import joint_facts
from apps.calls.selectors.radio import radio_of
from apps.core.errors import NotFound
from apps.organizations.models import Membership

#: The applicant's screens say “you”; here somebody else is meant.
_LABELS = LABELS | {
    "plan": gettext_lazy("What will be tried"),
    "measure": gettext_lazy("How it will be known whether it worked"),
    "personal_data_note": gettext_lazy("Which personal data, and how they are kept"),
}
_TITLES = {"idea": gettext_lazy("The idea"), "plan": gettext_lazy("How it is tried and known")}
#: Shown as tables and heading of their own.
_ELSEWHERE = ("title", "sensors", "places")
#: Choices and numbers: nothing in them is free text.
_CODES = frozenset(
    (
        "themes", "devices_undecided", "place_undecided", "facilities", "period_from", "period_until",
        "personal_data", "conformity", "sharing",
    )
)  # fmt: skip
#: How a file is called by its end; others are not named.
_ENDS = ("pdf", "png", "jpg", "docx", "xlsx", "pptx", "odt", "ods", "odp")


@dataclass(frozen=True)
class SheetRow:
    """``name`` of the field, its label, the answer in words (several lines possible)."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class SheetPart:
    slug: str
    title: str
    rows: list[SheetRow]


@dataclass(frozen=True)
class SheetSensor:
    name: str
    count: str
    interval: str
    bytes: str


@dataclass(frozen=True)
class SheetFile:
    """A file under a name that tells nothing; ``number`` counts from 1 in its revision."""

    number: int
    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Change:
    """One answer before and after, as a reviewer may read it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Sheet:
    """What is read of one revision. ``who``: empty where the applicant is hidden."""

    code: str
    revision: int
    handed_in_at: datetime | None
    title: str
    hidden: bool
    who: list[SheetRow] = field(default_factory=list)
    parts: list[SheetPart] = field(default_factory=list)
    sensors: list[SheetSensor] = field(default_factory=list)
    places: list[dict[str, Any]] = field(default_factory=list)
    network: RadioAnswer | None = None
    files: list[SheetFile] = field(default_factory=list)


def identities_of(applications: Iterable[Application]) -> dict[uuid.UUID, Identity]:
    """How the applicants and partners of ``applications`` are called now and in every revision.

    The rows come with ``organization`` and ``created_by``. Three queries.
    """
    rows = list(applications)
    found: dict[uuid.UUID, list[Identity]] = {row.pk: [_own_identity(row)] for row in rows}
    names = {f"said_{name}": KT(f"answers__{name}") for name in IDENTITY_FIELDS}
    revisions = ApplicationRevision.objects.filter(application__in=found)
    for pk, *texts in revisions.values_list("application", *names.values()):
        found[pk].append(identity_of_answers(dict(zip(IDENTITY_FIELDS, texts, strict=True))))
    partners = JointApplicant.objects.filter(application__in=found).select_related("organization", "user")
    for partner in partners:
        found[partner.application_id].append(_partner_identity(partner))
    people = _people_of(row.organization_id for row in rows if row.organization_id)
    for row in rows:
        if row.organization_id:
            found[row.pk].append(people[row.organization_id])
    return {pk: identities_joined(parts) for pk, parts in found.items()}


def _own_identity(row: Application) -> Identity:
    said = identity_of_answers({name: getattr(row, name) for name in IDENTITY_FIELDS})
    organization, person = row.organization, row.created_by
    account = Identity(people=[person.name], nets=[person.email])
    if organization is None:
        return identities_joined([said, account])
    kept = Identity(
        organizations=[organization.name, organization.name_kana],
        numbers=[organization.corporate_number],
        nets=[organization.website],
    )
    return identities_joined([said, account, kept])


def _partner_identity(partner: JointApplicant) -> Identity:
    organization, person = partner.organization, partner.user
    return Identity(
        organizations=[partner.org_name, organization.name if organization else ""],
        people=[partner.contact_name, person.name if person else ""],
        numbers=[organization.corporate_number if organization else ""],
        nets=[partner.email, organization.website if organization else ""],
    )


def _people_of(organizations: Iterable[uuid.UUID]) -> dict[uuid.UUID, Identity]:
    """Those who belong to each organization. One query."""
    names: dict[uuid.UUID, list[tuple[str, str]]] = defaultdict(list)
    wanted = list(organizations)
    rows = Membership.objects.filter(organization__in=wanted)
    for pk, name, email in rows.values_list("organization", "user__name", "user__email"):
        names[pk].append((name, email))
    return {
        pk: Identity(people=[name for name, _mail in names[pk]], nets=[mail for _name, mail in names[pk]])
        for pk in wanted
    }


def veils_of(applications: Sequence[Application], *, hide: bool) -> dict[uuid.UUID, Veil]:
    """What each application's texts are read through."""
    if not hide:
        return {row.pk: Veil(None) for row in applications}
    return {pk: Veil(identity) for pk, identity in identities_of(applications).items()}


@dataclass(frozen=True)
class Heading:
    """An application in a list of a reviewer's: ``title`` veiled, ``themes`` as codes."""

    code: str
    title: str
    themes: list[str]
    revision: int


def headings_of(applications: Sequence[Application], *, hide: bool) -> dict[uuid.UUID, Heading]:
    """What a list may say of each application, as it was last handed in. Four queries."""
    veils = veils_of(applications, hide=hide)
    latest = ApplicationRevision.objects.filter(application__in=[row.pk for row in applications])
    said = {
        pk: (title, themes)
        for pk, title, themes in latest.order_by("application", "-number")
        .distinct("application")
        .values_list("application", "answers__title", "answers__themes")
    }
    found = {}
    for row in applications:
        title, themes = said.get(row.pk, (row.title, row.themes))
        text = veils[row.pk].over(str(title or "")) or _("No title yet")
        found[row.pk] = Heading(row.code, text, list(themes or []), row.revision)
    return found


def sheet_of(application: Application, *, veil: Veil, number: int | None = None) -> Sheet:
    """Revision ``number`` (the latest when None) as a reviewer may read it. Raises ``NotFound``."""
    revision = _revision(application, number)
    answers = revision.answers if revision else _live(application)
    seen = _seen(answers, veil)
    call = application.call
    return Sheet(
        code=application.code,
        revision=revision.number if revision else application.revision,
        handed_in_at=revision.handed_in_at if revision else application.submitted_at,
        title=seen["title"] or _("No title yet"),
        hidden=veil.hides,
        who=[] if veil.hides else _who(call, answers),
        parts=_parts(call, seen),
        sensors=[_sensor(row) for row in seen["sensors"] or []],
        places=seen["places"] or [],
        network=radio_of(call, seen["sensors"]) if seen["sensors"] else None,
        files=_files(answers, veil),
    )


def changes_since(application: Application, number: int, *, veil: Veil) -> list[Change]:
    """What a reviewer may read differently in the latest revision than in revision ``number``."""
    rows = {
        row.number: row
        for row in ApplicationRevision.objects.filter(
            application=application, number__in=[number, application.revision]
        )
    }
    if number not in rows or application.revision not in rows or number == application.revision:
        return []
    call = application.call
    before, after = (_all_rows(call, rows[at].answers, veil) for at in (number, application.revision))
    nothing = SheetRow("", "", "")
    return [
        Change(after.get(name, before.get(name, nothing)).label, old.value, new.value)
        for name in {**before, **after}
        if (old := before.get(name, nothing)).value != (new := after.get(name, nothing)).value
    ] + _changed_files(*(_files(rows[at].answers, veil) for at in (number, application.revision)))


def _all_rows(call: Call, answers: Mapping[str, Any], veil: Veil) -> dict[str, SheetRow]:
    """Everything that is read but the files, by name."""
    parts = _parts(call, _seen(answers, veil), all_rows=True)
    return {row.name: row for part in parts for row in part.rows}


def _changed_files(before: list[SheetFile], after: list[SheetFile]) -> list[Change]:
    """A file with another content under the same name has changed as well."""
    if [row.sha256 for row in before] == [row.sha256 for row in after]:
        return []
    known = {row.sha256 for row in before}
    old = "\n".join(row.name for row in before)
    new = "\n".join(
        row.name if row.sha256 in known else _("%(name)s (new)") % {"name": row.name} for row in after
    )
    return [Change(_("Files"), old, new)]


def _revision(application: Application, number: int | None) -> ApplicationRevision | None:
    rows = ApplicationRevision.objects.filter(application=application)
    found = (rows if number is None else rows.filter(number=number)).order_by("-number").first()
    if found is None and number not in (None, application.revision):
        raise NotFound(_("There is no such revision."))
    return found


def _live(application: Application) -> dict[str, Any]:
    """For an application that was handed in before revisions were kept."""
    files, partners = attachment_facts(application), joint_facts(application)
    return {**answers_of(application), "attachments": files, "joint": partners}


def _seen(answers: Mapping[str, Any], veil: Veil) -> dict[str, Any]:
    """The whitelist of ``answers``, every text of it veiled."""
    found = {name: answers.get(name) for name in BLIND_FIELDS}
    for name in found.keys() - _CODES:
        found[name] = _places(found[name], veil) if name == "places" else veil.over_all(found[name])
    return {**found, "title": found["title"] or "", "sensors": found["sensors"] or []}


def _places(places: Any, veil: Veil) -> list[dict[str, Any]]:
    """Only the name is text; the words of the geometry belong to GeoJSON."""
    return [
        {
            "name": veil.over(str(row.get("name") or "")),
            "geometry": row.get("geometry"),
            **({"typed": veil.over_all(row["typed"])} if row.get("typed") else {}),
        }
        for row in places or []
    ]


def _who(call: Call, answers: Mapping[str, Any]) -> list[SheetRow]:
    rows = [SheetRow(name, str(_LABELS[name]), answer_words(call, name, answers)) for name in OPEN_FIELDS]
    partners = "\n".join(str(row.get("name", "")) for row in answers.get("joint") or [])
    return [*rows, SheetRow("joint", _("Joint applicants"), partners)] if partners else rows


def _parts(call: Call, seen: Mapping[str, Any], *, all_rows: bool = False) -> list[SheetPart]:
    parts = []
    for item in rules.questions_of(asks_of(call)):
        names = [name for name in item.fields if name in BLIND_FIELDS and name in LABELS]
        if item.slug == "extra":
            rows = _extra_rows(call, seen)
        else:
            rows = [SheetRow(name, str(_LABELS[name]), answer_words(call, name, seen)) for name in names]
        rows = [row for row in rows if row.value]
        if not all_rows:
            rows = [row for row in rows if row.name not in _ELSEWHERE or not seen[row.name]]
        if rows:
            parts.append(SheetPart(item.slug, str(_TITLES.get(item.slug, item.title)), rows))
    return parts


def _extra_rows(call: Call, seen: Mapping[str, Any]) -> list[SheetRow]:
    """The call's own questions with their answers. What a text of a choice is called stays as it is."""
    given = seen["extra_answers"] or {}
    language = get_language() or "ja"
    return [
        SheetRow(
            f"extra_answers.{row.pk}",
            row.localized("label", language),
            extra_words(call, str(row.pk), given.get(str(row.pk), "")),
        )
        for row in call.extra_questions.all()
    ]


def _sensor(row: Mapping[str, Any]) -> SheetSensor:
    return SheetSensor(
        name=str(row.get("name") or _("A sensor without a name")),
        count=_number(row.get("count")),
        interval=interval_words(row.get("interval_s")),
        bytes=_number(row.get("payload_bytes")),
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value or "–")


def _files(answers: Mapping[str, Any], veil: Veil) -> list[SheetFile]:
    rows = []
    for number, kept in enumerate(answers.get("attachments") or [], start=1):
        name = str(kept.get("name") or "")
        end = name.rpartition(".")[2].lower()
        end = "jpg" if end == "jpeg" else end
        kind = end if end in _ENDS else ""
        blind = _("attachment %(number)d") % {"number": number} + (f".{kind}" if kind else "")
        rows.append(
            SheetFile(
                number=number,
                name=blind if veil.hides else name,
                kind=kind.upper(),
                size=int(kept.get("size") or 0),
                sha256=str(kept.get("sha256") or ""),
            )
        )
    return rows


def sheet_file(
    application: Application, *, revision: int, number: int, hide: bool
) -> tuple[SheetFile, Attachment]:
    """File ``number`` of a revision and where it is kept. ``NotFound`` where it was removed since."""
    veil = Veil(Identity()) if hide else Veil(None)
    kept = _revision(application, revision)
    answers = kept.answers if kept else _live(application)
    file = next((row for row in _files(answers, veil) if row.number == number), None)
    rows = Attachment.objects.filter(application=application)
    attachment = rows.filter(sha256=file.sha256).order_by("created_at").first() if file else None
    if file is None or attachment is None:
        raise NotFound(_("This file is not there any more. The applicant has removed it."))
    return file, attachment
