"""Reading reports: the doors, the public list with its counts and markers, what a page shows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Prefetch, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from apps.accounts.models import User as Person
from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.core.registry import WorkItem
from apps.devices.models import Device
from apps.organizations.enums import MANAGING_ROLES
from apps.organizations.models import Organization
from apps.reports.enums import Outcome, ReportState
from apps.reports.models import Report, ReportQuerySet
from apps.reports.permissions import writes_report
from apps.reports.rules import SECTIONS, lines, named_trials
from apps.trials.models import Participant, Site, Trial
from apps.trials.selectors import access_trial, shown_sites

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Rows of the work queue; the oldest come first.
MOST_OVERDUE = 50


def access_report_of(
    *, actor: User | Any, organization: uuid.UUID, code: str, write: bool = False
) -> tuple[Trial, Organization, Report | None]:
    """The trial, the organization the actor came through, and the trial's report if it was begun.

    A stranger learns nothing (``NotFound``); who may only read is told so (``NotAllowed``).
    """
    trial, owner = access_trial(actor=actor, organization=organization, code=code)
    if write and not writes_report(actor, trial, owner):
        raise NotAllowed(_("You can read this report but not write it. Ask the lead organization’s owner."))
    return trial, owner, Report.objects.filter(trial=trial).select_related("trial").first()


def published_reports(*, fiscal_year: int | None = None) -> ReportQuerySet:
    """Published reports, newest first whatever their outcome, with what a row and the map show."""
    reports = Report.objects.published()
    if fiscal_year is not None:
        reports = reports.filter(trial__fiscal_year=fiscal_year)
    return reports.select_related("trial__organization").prefetch_related(
        Prefetch("trial__sites", queryset=Site.objects.order_by("created_at"))
    )


def access_published_report(*, code: str) -> Report:
    """A published report by its trial's number; raises ``NotFound``."""
    participants = Participant.objects.select_related("organization")
    report = (
        published_reports()
        .filter(trial__code=code)
        .prefetch_related(Prefetch("trial__participants", queryset=participants))
        .first()
    )
    if report is None:
        raise NotFound(_("This page does not exist."))
    return report


def outcome_counts(*, fiscal_year: int | None = None) -> dict[str, int]:
    """How many published reports have each outcome: all four, in their fixed order, zeros included."""
    rows = Report.objects.published().order_by()
    if fiscal_year is not None:
        rows = rows.filter(trial__fiscal_year=fiscal_year)
    found = dict(rows.values_list("outcome").annotate(number=Count("pk")))
    return {outcome.value: found.get(outcome.value, 0) for outcome in Outcome}


def published_outcomes(trials: Sequence[Trial]) -> dict[Any, str]:
    """How those of ``trials`` came out whose report is published, by pk: for the lists of trials."""
    return dict(Report.objects.published().filter(trial__in=trials).values_list("trial", "outcome"))


def handed_in_reports(trials: Sequence[Trial]) -> dict[Any, bool]:
    """Those of ``trials`` whose report the city has, by pk: it is not overdue."""
    states = (ReportState.SUBMITTED, ReportState.PUBLISHED)
    rows = Report.objects.filter(trial__in=trials, state__in=states)
    return dict.fromkeys(rows.values_list("trial", flat=True), True)


def published_years() -> list[int]:
    """Fiscal years with published reports, newest first."""
    years = Report.objects.published().order_by("-trial__fiscal_year")
    return list(years.values_list("trial__fiscal_year", flat=True).distinct())


def markers(reports: Iterable[Report], *, first_number: int = 1) -> dict[str, Any]:
    """Map data of ``reports``: one marker for each shown place, numbered as the rows of the list."""
    language = get_language() or "ja"
    found = [
        {
            "lat": site.place.latitude,
            "lon": site.place.longitude,
            "number": number,
            "family": "outcome",
            "state": report.outcome,
            "title": report.trial.localized("title", language),
            "url": report.get_absolute_url(),
        }
        for number, report in enumerate(reports, start=first_number)
        for site in shown_sites(report.trial.sites.all())
        if site.place
    ]
    return {"markers": found}


@dataclass(frozen=True)
class Section:
    """A titled part of a report: one paragraph, or a list of several lines."""

    title: str | Promise
    lines: Sequence[str]


@dataclass(frozen=True)
class ShownReport:
    """A report as everyone reads it; used by the public page, the preview and the admin."""

    report: Report
    trial: Trial
    lead: str
    partners: Sequence[str]
    places: Sequence[str]
    devices: int
    sections: Sequence[Section]
    #: Public trials that the report names: where it goes on, or began.
    named: Sequence[Trial]


def shown_report(report: Report) -> ShownReport:
    """What everyone reads of ``report``, from what is stored now."""
    trial = report.trial
    participants = trial.participants.all()
    codes = [code for code in named_trials(report.next_step) if code != trial.code][:5]
    return ShownReport(
        report=report,
        trial=trial,
        lead=trial.organization.name,
        partners=[
            row.organization.name for row in participants if row.organization_id != trial.organization_id
        ],
        places=[site.name for site in shown_sites(trial.sites.all()) if site.name],
        devices=Device.objects.filter(trial=trial).count(),
        sections=[
            Section(item.title, text) for item in SECTIONS if (text := lines(getattr(report, item.field)))
        ],
        named=list(Trial.objects.public().filter(code__in=codes)) if codes else [],
    )


def report_recipients(report: Report) -> list[Person]:
    """Who hears of a decision about the report: owners and managers of the trial's lead."""
    return list(
        Person.objects.filter(
            is_active=True,
            memberships__organization_id=report.trial.organization_id,
            memberships__role__in=MANAGING_ROLES,
        )
        .distinct()
        .order_by("email")
    )


def overdue_reports(user: Any) -> list[WorkItem]:
    """Trials whose report is due and was not handed in: staff ask the company for it."""
    if not user.is_staff:
        return []
    handed_in = Report.objects.filter(state__in=(ReportState.SUBMITTED, ReportState.PUBLISHED))
    rows = Trial.objects.filter(report_due_on__lt=clock.local_date()).exclude(
        pk__in=handed_in.values("trial")
    )
    return [
        WorkItem(
            kind=pgettext("work", "Report overdue"),
            title=f"{row.code} {row.title}",
            detail=row.organization.name,
            url=reverse("admin:trials_trial_change", args=[row.pk]),
            action=pgettext("act", "Ask the company for it"),
            due=row.report_due_on,
        )
        for row in rows.select_related("organization").order_by("report_due_on")[:MOST_OVERDUE]
    ]


def waiting_reports(user: Any) -> list[WorkItem]:
    """Reports that wait for staff, for the admin's first page."""
    if not user.is_staff:
        return []
    member = "trial__organization__memberships"
    told = Q(**{f"{member}__role__in": MANAGING_ROLES, f"{member}__user__is_active": True})
    rows = (
        Report.objects.filter(state=ReportState.SUBMITTED)
        .select_related("trial__organization")
        .annotate(mails=Count(f"{member}__user", filter=told, distinct=True))
    )
    return [
        WorkItem(
            kind=pgettext("own", "Report"),
            title=f"{row.trial.code} {row.trial.title}",
            detail=row.trial.organization.name,
            url=reverse("admin:reports_report_change", args=[row.pk]),
            action=_("Read and publish"),
            mail_count=getattr(row, "mails", 0),
        )
        for row in rows.order_by("submitted_at")
    ]
