"""What calls hold of an organization goes to the one it was merged into."""

from __future__ import annotations

from django.db import transaction

from apps.calls.models import Application, Consultation, JointApplicant, OutreachVisit
from apps.organizations.models import Organization


@transaction.atomic
def organization_rows_move(*, keep: Organization, gone: Organization) -> None:
    """Applications, parts in joint ones, consultations and visits of ``gone`` become those of ``keep``."""
    Application.objects.filter(organization=gone).update(organization=keep)
    JointApplicant.objects.filter(organization=gone).update(organization=keep)
    Consultation.objects.filter(organization=gone).update(organization=keep)
    OutreachVisit.objects.filter(organization=gone).update(organization=keep)
