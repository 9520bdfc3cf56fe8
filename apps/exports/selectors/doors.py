"""The doors to an export, for people and for keys of the API."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import NotAllowed, NotFound
from apps.exports.models import ExportJob, ExportJobQuerySet
from apps.exports.permissions import can_export
from apps.organizations.selectors import access_organization


def access_export(*, actor: Any, organization: uuid.UUID, pk: uuid.UUID, write: bool = False) -> ExportJob:
    """An export of ``organization``: strangers find nothing; who may only look is told so."""
    owner = access_organization(actor=actor, pk=organization)
    export = ExportJob.objects.filter(organization=owner, pk=pk).select_related("organization").first()
    if export is None:
        raise NotFound(_("There is no such page."))
    if write and not can_export(actor, owner):
        raise NotAllowed(_("Owners, managers and engineers of the organization can do this."))
    return export


def visible_to_key(key: Any) -> ExportJobQuerySet:
    """Exports of the key's organization, of the trials that the key is limited to (none: all)."""
    exports = ExportJob.objects.filter(organization_id=key.organization_id).select_related("organization")
    trials = list(key.trials.values_list("pk", flat=True))
    return exports.filter(subject__in=trials) if trials else exports


def access_export_by_key(*, key: Any, pk: uuid.UUID) -> ExportJob:
    """An export that ``key`` may see; every other is ``NotFound``."""
    export = visible_to_key(key).filter(pk=pk).first()
    if export is None:
        raise NotFound(_("There is no such export."))
    return export
