"""What calls hold of an organization goes to the one it was merged into."""

from __future__ import annotations

from django.db import transaction

from apps.calls.models import (
    Application,
    Consultation,
    JointApplicant,
    Letter,
    OutreachVisit,
    ReviewerTie,
)
from apps.organizations.models import Organization


@transaction.atomic
def organization_rows_move(*, keep: Organization, gone: Organization) -> None:
    """Applications, parts in joint ones, talks, visits, letters and ties of ``gone`` go to ``keep``."""
    Application.objects.filter(organization=gone).update(organization=keep)
    JointApplicant.objects.filter(organization=gone).update(organization=keep)
    Consultation.objects.filter(organization=gone).update(organization=keep)
    OutreachVisit.objects.filter(organization=gone).update(organization=keep)
    Letter.objects.filter(organization=gone).update(organization=keep)
    ReviewerTie.objects.filter(organization=gone).update(organization=keep)
