"""Writing the record. Called inside the transaction of the act it records."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from django.db import models

from apps.audit.models import AuditEntry


def record(
    *,
    action: str,
    actor: Any = None,
    target: models.Model | None = None,
    organization_id: uuid.UUID | None = None,
    data: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry. ``action`` is ``noun.verb`` (``call.publish``); ``data`` is JSON without secrets.

    ``actor`` is a user, or None for the system. Labels are copied, so that the record stays
    readable when the person or the thing is gone. Without an actor, the beginning of the API key that
    asked stands in ``data``.
    """
    context = structlog.contextvars.get_contextvars()
    if actor is None and context.get("api_key"):
        data = {**(data or {}), "api_key": context["api_key"]}
    known = actor is not None and getattr(actor, "is_authenticated", False)
    return AuditEntry.objects.create(
        action=action,
        actor_id=actor.pk if known else None,
        actor_label=actor.email if known else "",
        object_type=target._meta.label_lower if target is not None else "",
        object_id=str(target.pk) if target is not None else "",
        object_label=str(target)[:200] if target is not None else "",
        organization_id=organization_id,
        request_id=str(context.get("request_id", "")),
        data=data or {},
    )
