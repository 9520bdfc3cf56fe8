"""Writes of trials: opening one from an accepted application, quotas, what staff edit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.calls.models import Application, JointApplicant
from apps.calls.rules.places import centroid
from apps.core import public_pages
from apps.core.errors import Conflict, InvalidInput, QuotaFull
from apps.core.text import clean_line, clean_text
from apps.organizations.models import Organization
from apps.trials.enums import Access, ParticipantRole, QuotaKind, TrialState
from apps.trials.models import Participant, Site, Trial, TrialQuota
from apps.trials.signals import quota_changed

if TYPE_CHECKING:
    from apps.accounts.models import User

#: From which states each may be reached. Whether a trial runs follows from its dates.
TRANSITIONS: dict[TrialState, tuple[TrialState, ...]] = {
    TrialState.STOPPED: (TrialState.ACTIVE,),
    TrialState.ACTIVE: (TrialState.STOPPED,),
}
#: What staff may edit; ``title`` and ``summary`` are the company's words, corrected on its request.
EDITABLE = ("title", "title_en", "summary", "summary_en", "starts_on", "ends_on", "is_public")


@transaction.atomic
def trial_open(*, application: Application, actor: User | None, now: datetime | None = None) -> Trial:
    """The trial of an application that its company accepted. Opening twice gives the same trial.

    It keeps the application's number; the period is the call's, the quota the decision's (else the
    call's). Joint applicants who confirmed manage it with the lead. Its place is shown to the public
    as its 1 km square until staff decide otherwise.
    """
    application = (
        Application.objects.select_for_update(of=("self",)).select_related("call").get(pk=application.pk)
    )
    existing = Trial.objects.filter(application=application).first()
    if existing is not None:
        return existing
    if application.organization is None:
        raise Conflict(_("The application has no organization yet."))
    call = application.call
    trial = Trial(
        code=application.code,
        application=application,
        organization=application.organization,
        fiscal_year=call.fiscal_year,
        title=clean_line(application.title)[:200],
        summary=clean_text(application.plan),
        starts_on=call.trial_from,
        ends_on=call.trial_until,
    )
    trial.full_clean()
    trial.save()
    Participant.objects.create(
        trial=trial, organization=trial.organization, role=ParticipantRole.LEAD, access=Access.MANAGE
    )
    _add_partners(trial, application)
    _add_sites(trial, application)
    granted = _grant(trial, application)
    record(
        action="trial.open",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"application": application.code, "granted": granted},
    )
    transaction.on_commit(public_pages.changed)
    return trial


def _add_partners(trial: Trial, application: Application) -> None:
    """Joint applicants who confirmed manage the trial with the lead; an organization once."""
    confirmed = JointApplicant.objects.confirmed().filter(application=application)
    rows = confirmed.exclude(organization=None).exclude(organization=trial.organization)
    for organization_id in dict.fromkeys(rows.order_by("created_at").values_list("organization", flat=True)):
        Participant.objects.create(
            trial=trial,
            organization_id=organization_id,
            role=ParticipantRole.PARTNER,
            access=Access.MANAGE,
        )


def _add_sites(trial: Trial, application: Application) -> None:
    """A site for each place of the application; an area stands as its middle."""
    for number, place in enumerate(application.places, start=1):
        at = centroid(place.get("geometry"))
        name = clean_line(str(place.get("name") or ""))[:200]
        if not name and at is None:
            continue
        point = Point(at[1], at[0], srid=4326) if at else None
        site = Site(trial=trial, name=name or _("Place %(number)d") % {"number": number}, point=point)
        site.full_clean()
        site.save()


def _grant(trial: Trial, application: Application) -> dict[str, int]:
    call = application.call
    granted = {
        QuotaKind.DEVICES: application.granted_devices,
        QuotaKind.MESSAGES: application.granted_messages,
    }
    usual = {QuotaKind.DEVICES: call.device_quota, QuotaKind.MESSAGES: call.message_quota}
    amounts = {kind: usual[kind] if amount is None else amount for kind, amount in granted.items()}
    for kind, amount in amounts.items():
        TrialQuota.objects.create(trial=trial, kind=kind, granted=amount)
    return {kind.value: amount for kind, amount in amounts.items()}


def quota_take(*, trial: Trial, kind: QuotaKind, amount: int = 1) -> TrialQuota:
    """Make sure ``amount`` more of ``kind`` may be used, and keep the row locked until the end.

    Call it first in the transaction that uses it. PostgreSQL itself counts (see
    docs/decisions/0003-quota-counted-by-the-database.md); this gives the refusal its words.
    Raises ``QuotaFull`` with ``limit`` and ``used``.
    """
    row = TrialQuota.objects.select_for_update().filter(trial=trial, kind=kind).first()
    limit, used = (row.granted, row.used) if row else (0, 0)
    if row is None or used + amount > limit:
        raise quota_full(kind=kind, limit=limit, used=used, amount=amount)
    return row


def quota_full(*, kind: QuotaKind, limit: int, used: int, amount: int = 1) -> QuotaFull:
    """The refusal in words. ``data`` holds ``kind``, ``limit``, ``used`` and ``free``."""
    data = {"kind": str(kind), "limit": limit, "used": used, "free": max(0, limit - used)}
    if kind == QuotaKind.MESSAGES:
        text = _("This trial may send %(limit)d messages a day.") % data
    elif limit == 0:
        text = _("No devices are granted to this trial yet.")
    else:
        text = ngettext(
            "This trial may have %(limit)d device and has %(used)d. No more can be registered.",
            "This trial may have %(limit)d devices and has %(used)d. No more can be registered.",
            limit,
        )
        if amount > 1 and used < limit:
            text = ngettext(
                "This trial may have %(limit)d device and has %(used)d. %(free)d more can be registered.",
                "This trial may have %(limit)d devices and has %(used)d. %(free)d more can be registered.",
                limit,
            )
        text %= data
    return QuotaFull(text, data=data)


@transaction.atomic
def quota_change(*, trial: Trial, kind: QuotaKind, granted: int, actor: User | None) -> TrialQuota:
    """Grant ``granted`` of ``kind`` to ``trial``; refused in words below what is in use."""
    row, _created = TrialQuota.objects.select_for_update().get_or_create(
        trial=trial, kind=kind, defaults={"granted": 0}
    )
    if granted < row.used:
        text = ngettext(
            "%(used)d is in use. Grant at least that many, or have devices retired first.",
            "%(used)d are in use. Grant at least that many, or have devices retired first.",
            row.used,
        ) % {"used": row.used}
        raise InvalidInput(text, fields={"granted": [text]})
    before, row.granted = row.granted, granted
    row.full_clean()
    row.save(update_fields=["granted", "updated_at"])
    if before != granted:
        record(
            action="trial.quota_change",
            actor=actor,
            target=trial,
            organization_id=trial.organization_id,
            data={"kind": str(kind), "from": before, "to": granted},
        )
        quota_changed.send(sender=TrialQuota, trial=trial, kind=kind, before=before, granted=granted)
    return row


@transaction.atomic
def trial_edit(*, trial: Trial, actor: User | None, changes: dict[str, Any]) -> Trial:
    """Change what staff may edit (``EDITABLE``); raises ``InvalidInput`` with the fields."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not editable: {sorted(unknown)}")
    changed = [name for name, value in changes.items() if getattr(trial, name) != value]
    for name in changed:
        setattr(trial, name, changes[name])
    return _save(trial, actor, changed) if changed else trial


def _save(trial: Trial, actor: User | None, changed: list[str]) -> Trial:
    try:
        trial.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None
    trial.save(update_fields=[*changed, "updated_at"])
    record(
        action="trial.edit",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"fields": sorted(changed)},
    )
    transaction.on_commit(public_pages.changed)
    return trial


@transaction.atomic
def site_save(*, site: Site, actor: User | None) -> Site:
    """Keep a new or changed place of a trial."""
    site.name = clean_line(site.name)
    site.full_clean()
    site.save()
    record(
        action="trial.site_save",
        actor=actor,
        target=site.trial,
        organization_id=site.trial.organization_id,
        data={"site": str(site.pk), "precision": site.precision},
    )
    transaction.on_commit(public_pages.changed)
    return site


@transaction.atomic
def site_remove(*, site: Site, actor: User | None) -> None:
    """Take a place from its trial."""
    record(
        action="trial.site_remove",
        actor=actor,
        target=site.trial,
        organization_id=site.trial.organization_id,
        data={"site": str(site.pk)},
    )
    site.delete()
    transaction.on_commit(public_pages.changed)


@transaction.atomic
def trial_set_state(*, trial: Trial, state: TrialState, actor: User | None) -> Trial:
    """Stop a trial early, or undo that; the only writer of ``state``."""
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    if trial.state == state:
        return trial
    if TrialState(trial.state) not in TRANSITIONS[state]:
        raise Conflict(_("This trial cannot be changed that way any more."))
    before, trial.state = trial.state, state
    trial.save(update_fields=["state", "updated_at"])
    record(
        action="trial.state",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"from": str(before), "to": str(state)},
    )
    transaction.on_commit(public_pages.changed)
    return trial


@transaction.atomic
def organization_trials_move(*, keep: Organization, gone: Organization) -> None:
    """Trials and parts in trials of ``gone`` become those of ``keep``.

    Where both took part in one trial, one part remains: the lead's, and the wider access.
    """
    own = {row.trial_id: row for row in Participant.objects.select_for_update().filter(organization=keep)}
    for row in Participant.objects.select_for_update().filter(organization=gone):
        present = own.get(row.trial_id)
        if present is None:
            row.organization = keep
            row.save(update_fields=["organization", "updated_at"])
            continue
        row.delete()
        if ParticipantRole.LEAD in (row.role, present.role):
            present.role = ParticipantRole.LEAD
        if Access.MANAGE in (row.access, present.access):
            present.access = Access.MANAGE
        present.save(update_fields=["role", "access", "updated_at"])
    Trial.objects.filter(organization=gone).update(organization=keep)
