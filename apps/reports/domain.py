"""Writes of reports: keeping a draft, handing it in, publishing it, sending it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock, public_pages
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_text
from apps.outbox.domain import message_queue
from apps.reports.enums import Outcome, ReportState
from apps.reports.models import Report
from apps.reports.permissions import approves_reports
from apps.reports.rules import DRAFT_LIMIT, FIELDS, LIMITS, WRITABLE, may_become, problems, too_long
from apps.reports.selectors import report_recipients
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def report_begin(*, trial: Trial, actor: User) -> Report:
    """The trial's report, made as an empty draft when there is none yet."""
    Trial.objects.select_for_update().get(pk=trial.pk)
    report = Report.objects.filter(trial=trial).first()
    if report is None:
        report = Report(trial=trial, version=0)
        report.full_clean()
        report.save()
        _record("report.begin", report, actor)
    return report


@transaction.atomic
def report_save(*, trial: Trial, actor: User, version: int, values: Mapping[str, str]) -> Report:
    """Keep what was typed; a draft may be incomplete. ``values`` has keys of ``rules.FIELDS``.

    ``version`` is that of the report the form was made from (0: none). Raises ``Conflict``
    (``code="changed"``) when someone saved since, or when the report is not the company's to write now,
    and ``InvalidInput`` for an unknown outcome or a text beyond ``rules.DRAFT_LIMIT``.
    """
    report = _locked(report_begin(trial=trial, actor=actor))
    if report.state not in WRITABLE:
        raise Conflict(_("This report was handed in. The city can send it back to you to be changed."))
    if report.version != version:
        raise Conflict(
            _("Someone saved this report after you opened it. Your text is still here. Compare, then save."),
            code="changed",
        )
    changed = []
    for field, value in _cleaned(values).items():
        if getattr(report, field) != value:
            setattr(report, field, value)
            changed.append(field)
    report.version += 1
    report.full_clean()
    report.save(update_fields=[*changed, "version", "updated_at"])
    _record("report.save", report, actor, fields=changed)
    return report


def _cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """``values`` without what deceives the eye; raises ``InvalidInput``."""
    cleaned = {field: clean_text(values[field]) for field in FIELDS if field in values}
    faults: dict[str, list[str]] = {
        field: [too_long(len(text), LIMITS[field])]
        for field, text in cleaned.items()
        if field in LIMITS and len(text) > DRAFT_LIMIT
    }
    if cleaned.get("outcome") and cleaned["outcome"] not in Outcome.values:
        faults["outcome"] = [_("Choose one of the four.")]
    if faults:
        raise InvalidInput(_("Some values cannot be accepted."), fields=faults)
    return cleaned


@transaction.atomic
def report_submit(*, report: Report, actor: User, now: datetime | None = None) -> Report:
    """Hand the report in: the city reads it next. A receipt goes to ``actor`` at once.

    Raises ``InvalidInput`` with what is missing or too long by field.
    """
    now = now or clock.now()
    report = _locked(report)
    if found := problems({field: getattr(report, field) for field in FIELDS}):
        raise InvalidInput(_("The report cannot be handed in yet."), fields=found)
    _set_state(report, ReportState.SUBMITTED, actor, submitted_at=now, return_reason="")
    _mail(report, "reports-received", [actor])
    return report


@transaction.atomic
def report_publish(*, report: Report, actor: User, now: datetime | None = None) -> int:
    """Show the report to everyone; returns how many mails tell its company so (they leave at once).

    A report that was taken back and corrected keeps the day on which it first appeared.
    """
    now = now or clock.now()
    _staff_only(actor)
    report = _locked(report)
    _set_state(
        report,
        ReportState.PUBLISHED,
        actor,
        published_at=report.published_at or now,
        approved_by=actor,
    )
    transaction.on_commit(public_pages.changed)
    return _mail(report, "reports-published", report_recipients(report))


@transaction.atomic
def report_return(*, report: Report, actor: User, reason: str, now: datetime | None = None) -> int:
    """Send the report back to its company with a reason; returns how many mails tell so.

    A published one is taken from the public pages until it is published again.
    """
    _staff_only(actor)
    reason = clean_text(reason)
    if not reason:
        text = _("Write what should be changed. The company reads it.")
        raise InvalidInput(text, fields={"reason": [text]})
    report = _locked(report)
    _set_state(report, ReportState.RETURNED, actor, return_reason=reason)
    transaction.on_commit(public_pages.changed)
    return _mail(report, "reports-returned", report_recipients(report))


def _staff_only(actor: User) -> None:
    if not approves_reports(actor):
        raise NotAllowed(_("Only city staff can do this."))


def _locked(report: Report) -> Report:
    return (
        Report.objects.select_for_update(of=("self",)).select_related("trial__organization").get(pk=report.pk)
    )


def _set_state(report: Report, state: ReportState, actor: User, **values: Any) -> None:
    """The only writer of ``state``; ``values`` are written with it. ``report`` is locked."""
    if not may_become(report.state, state):
        raise Conflict(_("The report is not in a state in which this can be done. Look at it again."))
    before, report.state = report.state, state
    for name, value in values.items():
        setattr(report, name, value)
    report.version += 1
    report.full_clean()
    report.save(update_fields=["state", "version", "updated_at", *values])
    _record("report.state", report, actor, **{"from": str(before), "to": str(state)})


def _record(action: str, report: Report, actor: User, **data: Any) -> None:
    record(action=action, actor=actor, target=report, organization_id=report.trial.organization_id, data=data)


def _mail(report: Report, template: str, people: list[User]) -> int:
    """Queue one mail for each of ``people``, in their language; returns how many."""
    trial = report.trial
    for person in people:
        with translation.override(person.language):
            own = reverse("reports:report-edit", args=[trial.organization_id, trial.code])
            public = report.get_absolute_url()
        context = {
            "person": person,
            "report": report,
            "trial": trial,
            "own_url": settings.BASE_URL + own,
            "public_url": settings.BASE_URL + public,
        }
        message_queue(
            to=person.email,
            language=person.language,
            template=template,
            context=context,
            user=person,
            dedupe_key=f"{template}:{report.pk}:{report.version}:{person.pk}",
        )
    return len(people)
