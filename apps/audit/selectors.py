"""Reading the record."""

from __future__ import annotations

from django.db import models

from apps.audit.models import AuditEntry


def history_of(target: models.Model) -> models.QuerySet[AuditEntry]:
    """What was done to ``target``, the newest first. Entries outlive what they tell of."""
    return AuditEntry.objects.filter(object_type=target._meta.label_lower, object_id=str(target.pk))
