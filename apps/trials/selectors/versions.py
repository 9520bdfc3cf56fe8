"""The whole of a trial as a version keeps it, and what a change is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from apps.core import clock
from apps.trials.enums import ParticipantRole, QuotaKind
from apps.trials.models import Participant, Trial, TrialQuota
from apps.trials.rules import PlaceFacts, Standing

#: Fields of the trial itself that a version keeps.
KEPT = (
    "kind",
    "title",
    "title_en",
    "summary",
    "summary_en",
    "need",
    "measure",
    "learning",
    "themes",
    "conditions",
    "starts_on",
    "ends_on",
    "report_due_on",
    "state",
    "paused_on",
    "stopped_on",
    "stop_reason",
    "is_public",
)


def plain(value: Any) -> Any:
    """``value`` as JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str | UUID) else value


def places_of(trial: Trial) -> list[PlaceFacts]:
    """The trial's places, the first kept first."""
    return [
        PlaceFacts(
            id=str(site.pk),
            name=site.name,
            latitude=round(site.point.y, 6) if site.point else None,
            longitude=round(site.point.x, 6) if site.point else None,
            precision=str(site.precision),
        )
        for site in trial.sites.order_by("created_at", "pk")
    ]


def snapshot(trial: Trial) -> dict[str, Any]:
    """The whole trial as it stands, asked anew from the database (three queries)."""
    quotas = TrialQuota.objects.filter(trial=trial).order_by("kind")
    return {
        **{name: plain(getattr(trial, name)) for name in KEPT},
        "quotas": {str(row.kind): row.granted for row in quotas},
        "places": [vars(place) for place in places_of(trial)],
        "participants": [
            {
                "organization": str(row.organization_id),
                "name": row.organization.name,
                "role": str(row.role),
                "access": str(row.access),
            }
            for row in Participant.objects.filter(trial=trial)
            .select_related("organization")
            .order_by("role", "created_at", "pk")
        ],
    }


def standing(trial: Trial, now: datetime) -> Standing:
    """What a change of ``trial`` is compared with, asked anew (three queries)."""
    quotas: Mapping[str, TrialQuota] = {row.kind: row for row in TrialQuota.objects.filter(trial=trial)}
    devices, messages = quotas.get(QuotaKind.DEVICES), quotas.get(QuotaKind.MESSAGES)
    partners = Participant.objects.filter(trial=trial).select_related("organization")
    return Standing(
        today=clock.local_date(now),
        state=str(trial.state),
        phase=str(trial.phase(now)),
        starts_on=trial.starts_on,
        ends_on=trial.ends_on,
        devices=devices.granted if devices else 0,
        devices_used=devices.used if devices else 0,
        messages=messages.granted if messages else 0,
        messages_used=messages.used if messages else 0,
        places=places_of(trial),
        partners={
            str(row.organization_id): row.organization.name
            for row in partners
            if row.role == ParticipantRole.PARTNER
        },
    )
