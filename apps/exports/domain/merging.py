"""Exports of an organization go to the one it was merged into."""

from __future__ import annotations

from django.db import transaction

from apps.exports.models import ExportJob
from apps.organizations.models import Organization


@transaction.atomic
def organization_exports_move(*, keep: Organization, gone: Organization) -> None:
    ExportJob.objects.filter(organization=gone).update(organization=keep)
