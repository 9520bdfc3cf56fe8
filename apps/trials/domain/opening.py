"""Opening a trial from an accepted application."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.models import Application, JointApplicant
from apps.calls.rules.places import centroid
from apps.calls.rules.trial_period import trial_period
from apps.core import clock, public_pages
from apps.core.errors import Conflict
from apps.core.text import clean_line, clean_text
from apps.trials.domain.applying import version_add
from apps.trials.enums import Access, ParticipantRole, QuotaKind
from apps.trials.models import Participant, Site, Trial, TrialQuota
from apps.trials.selectors.versions import snapshot

if TYPE_CHECKING:
    from apps.accounts.models import User

#: The company's words that everyone reads as the plan of the trial.
_PLAN = ("need", "measure", "learning")


@transaction.atomic
def trial_open(*, application: Application, actor: User | None, now: datetime | None = None) -> Trial:
    """The trial of an application that its company accepted. Opening twice gives the same trial.

    It keeps the application's number, themes, plan and conditions; the period is what of the company's
    wish lies within the call's, the quota the decision's (else the call's). Joint applicants who
    confirmed manage it with the lead. Its places are shown to the public as their 1 km squares until
    staff decide otherwise.
    """
    now = now or clock.now()
    application = (
        Application.objects.select_for_update(of=("self",)).select_related("call").get(pk=application.pk)
    )
    existing = Trial.objects.filter(application=application).first()
    if existing is not None:
        return existing
    trial = _trial(application, now)
    trial.full_clean()
    trial.save()
    Participant.objects.create(
        trial=trial, organization=trial.organization, role=ParticipantRole.LEAD, access=Access.MANAGE
    )
    _add_partners(trial, application)
    _add_sites(trial, application)
    granted = _grant(trial, application)
    version_add(trial=trial, kept=snapshot(trial), actor=actor, now=now)
    record(
        action="trial.open",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"application": application.code, "granted": granted},
    )
    transaction.on_commit(public_pages.changed)
    return trial


def _trial(application: Application, now: datetime) -> Trial:
    if application.organization is None:
        raise Conflict(_("The application has no organization yet."))
    call = application.call
    starts_on, ends_on = trial_period(
        wish_from=application.period_from,
        wish_until=application.period_until,
        call_from=call.trial_from,
        call_until=call.trial_until,
        today=clock.local_date(now),
    )
    return Trial(
        code=application.code,
        application=application,
        organization=application.organization,
        fiscal_year=call.fiscal_year,
        title=clean_line(application.title)[:200],
        summary=clean_text(application.plan),
        **{name: clean_text(getattr(application, name)) for name in _PLAN},
        themes=list(application.themes),
        conditions=clean_text(application.conditions),
        starts_on=starts_on,
        ends_on=ends_on,
        report_due_on=ends_on + timedelta(days=call.report_days),
    )


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
