"""The answers as they were handed in, kept for ever."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from apps.calls.models import Application, ApplicationRevision
from apps.calls.selectors.applications import answers_of
from apps.calls.selectors.attachments import attachment_facts
from apps.calls.selectors.joint import joint_facts


def _answers(row: Application) -> dict[str, Any]:
    """The answers, and what is known of the files and of the partners."""
    return {**answers_of(row), "attachments": attachment_facts(row), "joint": joint_facts(row)}


def revision_add(*, row: Application, actor: Any, now: datetime) -> ApplicationRevision:
    """Keep the answers of ``row`` (locked) as its next revision; the caller saves ``row.revision``."""
    row.revision += 1
    revision = ApplicationRevision(
        application=row,
        number=row.revision,
        answers=json.loads(json.dumps(_answers(row), cls=DjangoJSONEncoder)),
        handed_in_at=now,
        handed_in_by=actor,
    )
    revision.full_clean()
    revision.save(force_insert=True)
    return revision
