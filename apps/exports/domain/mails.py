"""Telling the person who asked. Exports that a key asked for are told by the API alone."""

from __future__ import annotations

from django.urls import reverse
from django.utils import translation

from apps.exports.models import ExportJob
from apps.exports.selectors import contents_of
from apps.organizations.domain.organization import sign
from apps.outbox.domain import message_queue


def ready_mail(*, export: ExportJob) -> None:
    """The file is ready: what it is, where it lies, until when."""
    _mail(export, "exports-ready")


def failed_mail(*, export: ExportJob) -> None:
    """The file could not be made."""
    _mail(export, "exports-failed")


def _mail(export: ExportJob, template: str) -> None:
    person = export.made_by
    if person is None or not person.is_active:
        return
    if not export.organization.memberships.filter(user=person).exists():
        return  # who left meanwhile is told nothing of the trial
    language = person.language
    with translation.override(language):
        path = reverse("exports:export-list", args=[export.organization_id])
        contents = contents_of(export)
    message_queue(
        to=person.email,
        language=language,
        template=template,
        user=person,
        dedupe_key=f"{template}-{export.pk}",
        context={"export": export, "contents": contents, "path": path, **sign(language)},
    )
