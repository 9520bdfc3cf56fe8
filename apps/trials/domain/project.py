"""The city's own projects and those with citizens: trials without an application, opened by staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.permissions import may_decide
from apps.core import clock, public_pages
from apps.core.errors import InvalidInput, NotAllowed
from apps.core.text import clean_line, clean_text
from apps.organizations.enums import OrganizationKind
from apps.organizations.models import Organization
from apps.trials.domain.applying import version_add
from apps.trials.domain.parts import partners_write, places_write
from apps.trials.enums import Access, ParticipantRole, QuotaKind, TrialKind
from apps.trials.models import Participant, Trial, TrialNumber, TrialQuota
from apps.trials.rules import PlaceFacts
from apps.trials.selectors.versions import snapshot

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Days after its end until the report of a project is due, unless staff choose a day.
REPORT_DAYS = 30
_LINES, _TEXTS = ("title", "title_en"), ("summary", "summary_en", "need", "measure", "learning", "conditions")


@dataclass(frozen=True)
class Project:
    """What staff write of a project. ``organization`` leads it; ``partners`` manage it as well."""

    kind: TrialKind
    title: str
    organization: Organization
    starts_on: date
    ends_on: date
    devices: int
    messages: int
    title_en: str = ""
    summary: str = ""
    summary_en: str = ""
    need: str = ""
    measure: str = ""
    learning: str = ""
    conditions: str = ""
    themes: Sequence[str] = ()
    report_due_on: date | None = None
    is_public: bool = True
    partners: Sequence[Organization] = ()
    places: Sequence[PlaceFacts] = field(default_factory=tuple)


@transaction.atomic
def project_open(*, project: Project, actor: User, now: datetime | None = None) -> Trial:
    """Open a trial without application, with the next of the city's numbers (``2026-C01``).

    From then on it is a trial as every other. The year is the one in which it begins. Raises
    ``InvalidInput`` with the fields, ``NotAllowed`` for anyone but staff.
    """
    now = now or clock.now()
    if not may_decide(actor):
        raise NotAllowed(_("Only the city opens trials without an application."))
    _check(project)
    trial = _trial(project)
    trial.code = _next_code(trial.fiscal_year)
    _save(trial)
    Participant.objects.create(
        trial=trial, organization=project.organization, role=ParticipantRole.LEAD, access=Access.MANAGE
    )
    partners_write(trial=trial, partners={str(row.pk): Access.MANAGE.value for row in project.partners})
    places_write(trial=trial, places=project.places)
    granted = {QuotaKind.DEVICES: project.devices, QuotaKind.MESSAGES: project.messages}
    for kind, amount in granted.items():
        TrialQuota.objects.create(trial=trial, kind=kind, granted=amount)
    version_add(trial=trial, kept=snapshot(trial), actor=actor, now=now)
    _record(trial, actor, granted)
    transaction.on_commit(public_pages.changed)
    return trial


def _check(project: Project) -> None:
    if project.kind == TrialKind.APPLICATION:
        raise InvalidInput(
            _("Some values cannot be accepted."), fields={"kind": [_("Choose who runs the project.")]}
        )
    if project.kind == TrialKind.CITY and project.organization.kind != OrganizationKind.CITY:
        text = _("The city’s own project is led by an organization of the kind “city”.")
        raise InvalidInput(text, fields={"organization": [text]})


def _trial(project: Project) -> Trial:
    return Trial(
        kind=project.kind,
        organization=project.organization,
        fiscal_year=clock.fiscal_year(project.starts_on),
        **{name: clean_line(getattr(project, name)) for name in _LINES},
        **{name: clean_text(getattr(project, name)) for name in _TEXTS},
        themes=list(project.themes),
        starts_on=project.starts_on,
        ends_on=project.ends_on,
        report_due_on=project.report_due_on or project.ends_on + timedelta(days=REPORT_DAYS),
        is_public=project.is_public,
    )


def _next_code(fiscal_year: int) -> str:
    """The next number of the year; given back when the transaction fails, so that none is missing."""
    TrialNumber.objects.get_or_create(fiscal_year=fiscal_year)
    number = TrialNumber.objects.select_for_update().get(fiscal_year=fiscal_year)
    number.last += 1
    number.save(update_fields=["last"])
    return str(number)


def _save(trial: Trial) -> None:
    try:
        trial.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None
    trial.save()


def _record(trial: Trial, actor: User, granted: Mapping[QuotaKind, int]) -> None:
    record(
        action="trial.open",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"kind": str(trial.kind), "granted": {kind.value: amount for kind, amount in granted.items()}},
    )
