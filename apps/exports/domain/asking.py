"""Asking for an export, within what an organization may have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import InvalidInput, NotAllowed
from apps.exports.domain.making import JOB
from apps.exports.enums import ExportFormat
from apps.exports.errors import ExportsFull
from apps.exports.models import ExportJob
from apps.exports.permissions import can_export
from apps.exports.rules import ExportKind, kind_of, kinds
from apps.exports.selectors import limits_of
from apps.organizations.models import Organization
from apps.outbox.domain import job_queue

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def export_ask(
    *,
    organization: Organization,
    actor: User | Any,
    kind: str,
    asked: Mapping[str, Any],
    format: str = ExportFormat.CSV,
    gzip: bool = False,
    language: str = "ja",
    now: datetime | None = None,
) -> ExportJob:
    """Have a file made by the worker. ``actor`` is a person, or a key of the API of ``organization``.

    Raises ``InvalidInput`` or ``NotFound`` (what is asked for), ``NotAllowed`` (a viewer) and
    ``ExportsFull`` (too many at once, or today; which one, its size and when it frees).
    """
    now = now or clock.now()
    person = actor if getattr(actor, "is_authenticated", False) else None
    if person is not None and not can_export(person, organization):
        raise NotAllowed(_("Owners, managers and engineers of the organization can do this."))
    found = _kind(kind)
    if format not in ExportFormat.values:
        words = _("Give one of: %(values)s.") % {"values": ", ".join(ExportFormat.values)}
        raise InvalidInput(words, fields={"format": [words]})
    params, subject = found.clean(organization, actor, asked)
    # One at a time for an organization: the numbers are exact.
    Organization.objects.select_for_update().get(pk=organization.pk)
    _check_limits(organization, now)
    export = ExportJob(
        organization=organization,
        made_by=person,
        key_name="" if person is not None else str(actor.name)[:80],
        kind=found.code,
        params=params,
        subject=subject,
        format=format,
        gzip=gzip,
        language=language,
    )
    export.full_clean()
    export.save()
    _follow(export, person)
    return export


def _follow(export: ExportJob, person: Any) -> None:
    """What is recorded of asking, and the worker's job."""
    record(
        action="export.ask",
        actor=person,
        target=export,
        organization_id=export.organization_id,
        data={"kind": export.kind, "format": export.format, "params": export.params},
    )
    job_queue(kind=JOB, payload={"export": str(export.pk)})


def _kind(code: str) -> ExportKind:
    found = kind_of(code)
    if found is None:
        words = _("Give one of: %(values)s.") % {"values": ", ".join(kind.code for kind in kinds())}
        raise InvalidInput(words, fields={"kind": [words]})
    return found


def _check_limits(organization: Organization, now: datetime) -> None:
    limits = limits_of(organization, now)
    if limits.open >= limits.at_once:
        words = ngettext(
            "Your organization has %(limit)d export under way, which is as many as there can be at once."
            " The next one can begin when it is ready or cancelled.",
            "Your organization has %(limit)d exports under way, which is as many as there can be at once."
            " The next one can begin when one of them is ready or cancelled.",
            limits.at_once,
        )
        facts = {"limit": limits.at_once, "used": limits.open, "frees_at": None}
        raise ExportsFull(words % {"limit": limits.at_once}, code="exports_at_once", data=facts)
    if limits.today >= limits.a_day:
        words = ngettext(
            "Your organization asked for %(limit)d export today, which is the most in a day."
            " It can ask again after midnight (Japan time). Small ranges can be taken at once from a"
            " device's page.",
            "Your organization asked for %(limit)d exports today, which is the most in a day."
            " It can ask again after midnight (Japan time). Small ranges can be taken at once from a"
            " device's page.",
            limits.a_day,
        )
        data = {"limit": limits.a_day, "used": limits.today, "frees_at": limits.day_ends.isoformat()}
        raise ExportsFull(words % {"limit": limits.a_day}, code="exports_a_day", data=data)
