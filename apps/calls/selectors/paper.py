"""What the PDF copy of an application shows: exactly the revision that was handed in."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.enums import JointState
from apps.calls.models import ApplicationRevision
from apps.calls.rules.sensors import interval_words
from apps.calls.selectors.answers import AnswerPart, answer_parts
from apps.calls.selectors.places import places_shown
from apps.core.errors import NotFound
from apps.core.site import site_settings

#: Shown as tables of their own.
_IN_TABLES = frozenset(("sensors", "places"))


@dataclass(frozen=True)
class SensorLine:
    """A sensor on paper; ``count`` and ``bytes`` as they were written."""

    name: str
    count: str
    interval: str
    bytes: str


def revision_digest(revision: ApplicationRevision) -> str:
    """What identifies the answers of a revision: SHA-256 of their JSON, keys in order, in UTF-8."""
    text = json.dumps(revision.answers, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def access_revision(*, application: Any, number: int | None = None) -> ApplicationRevision:
    """The revision ``number`` of an application the actor may read, the latest when None."""
    rows = ApplicationRevision.objects.filter(application=application)
    found = (rows if number is None else rows.filter(number=number)).order_by("-number").first()
    if found is None:
        raise NotFound(_("There is no such copy."))
    return found


def revision_by_id(pk: str) -> ApplicationRevision:
    """For the outbox. Raises ``ApplicationRevision.DoesNotExist``."""
    return ApplicationRevision.objects.select_related("application__call", "handed_in_by").get(
        pk=uuid.UUID(pk)
    )


def paper_of(revision: ApplicationRevision, language: str) -> dict[str, Any]:
    """The context of ``calls/pdf/application.html``; call it with ``language`` active."""
    application, answers, site = revision.application, revision.answers, site_settings()
    return {
        "application": application,
        "call": application.call,
        "revision": revision,
        "parts": [_without_tables(part, answers) for part in answer_parts(application, answers)],
        "sensors": [_sensor_line(row) for row in answers.get("sensors") or []],
        "places": places_shown(answers.get("places") or []),
        "files": answers.get("attachments") or [],
        "partners": [_partner(row) for row in answers.get("joint") or []],
        "title": answers.get("title") or "",
        "org_name": answers.get("org_name") or "",
        "pledges": list(rules.PLEDGES.values()),
        "digest": revision_digest(revision),
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
    }


def _without_tables(part: AnswerPart, answers: Mapping[str, Any]) -> AnswerPart:
    """What is a table of its own is not repeated; “not known yet” stays among the answers."""
    rows = [row for row in part.rows if row.name not in _IN_TABLES or not answers.get(row.name)]
    rows = [row for row in rows if row.name != "attachments"]
    return AnswerPart(part.slug, part.title, rows, part.places)


def _partner(row: Mapping[str, Any]) -> dict[str, str]:
    """A partner on paper: its name and what it answered until then."""
    state = str(row.get("state") or "")
    known = state in JointState.values
    return {"name": str(row.get("name") or ""), "state": str(JointState(state).label) if known else ""}


def _sensor_line(row: dict[str, Any]) -> SensorLine:
    return SensorLine(
        name=str(row.get("name") or _("A sensor without a name")),
        count=_number(row.get("count")),
        interval=str(interval_words(row.get("interval_s"))),
        bytes=_number(row.get("payload_bytes")),
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value or "–")
