"""Further things of the reader's own for the paths of the reference: the newest of each, one query a kind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, OuterRef, Subquery

from apps.devices.models import CodecVersion, DeviceModel, Downlink
from apps.exports.enums import ExportState
from apps.exports.models import ExportJob
from apps.portal.rules.openapi import Operation
from apps.portal.rules.samples import names_of
from apps.portal.selectors.reader import Choice, Reader
from apps.telemetry.models import WebhookEndpoint, WebhookMessage
from apps.telemetry.selectors.dead_letters import letters_of


@dataclass(frozen=True)
class _Found:
    """Ids by what they are, and the choice with which they go."""

    things: dict[str, str]
    fits: Callable[[Choice], bool]


def with_things(reader: Reader, operation: Operation) -> Reader:
    """``reader`` with the newest of what ``operation`` names: of what was chosen, else of all choices, and
    then that trial or device is the chosen one, so that the ids of an address belong together."""
    named = {names_of(operation.path, row) for row in operation.parameters if row.place == "path"}
    find = next((find for name, find in _FINDERS.items() if name in named), None)
    if find is None or reader.chosen is None or reader.usual is None:
        return reader
    among = [reader.chosen] if reader.has_chosen else [reader.usual, *reader.choices]
    found = find(among, operation)
    if found is None:
        return reader
    fitting = next(choice for choice in among if found.fits(choice))
    usual = reader.usual if reader.has_chosen else fitting
    return replace(reader, chosen=fitting, usual=usual, things=found.things)


def _organizations(among: Sequence[Choice]) -> set[uuid.UUID]:
    return {choice.organization.pk for choice in among}


def _of(organization: uuid.UUID) -> Callable[[Choice], bool]:
    return lambda choice: choice.organization.pk == organization


def _downlink(among: Sequence[Choice], operation: Operation) -> _Found | None:
    devices = [choice.device.pk for choice in among if choice.device]
    rows = Downlink.objects.filter(device__in=devices).order_by("-created_at")
    row = rows.values_list("pk", "device").first()
    if row is None:
        return None
    return _Found(
        {"downlink": str(row[0])}, lambda choice: bool(choice.device and choice.device.pk == row[1])
    )


def _export(among: Sequence[Choice], operation: Operation) -> _Found | None:
    """Of the trials to choose from; where its file is asked for, one that is ready."""
    rows = ExportJob.objects.filter(
        organization__in=_organizations(among), subject__in={choice.trial.pk for choice in among}
    )
    rows = rows.filter(state=ExportState.DONE) if operation.path.endswith("/file") else rows
    pairs = {(choice.organization.pk, choice.trial.pk) for choice in among}
    newest = rows.order_by("-created_at").values_list("pk", "organization", "subject")[:20]
    row = next((row for row in newest if row[1:] in pairs), None)
    if row is None:
        return None
    whose = row[1:]
    return _Found({"export": str(row[0])}, lambda choice: (choice.organization.pk, choice.trial.pk) == whose)


def _webhook(among: Sequence[Choice], operation: Operation) -> _Found | None:
    rows = WebhookEndpoint.objects.filter(organization__in=_organizations(among)).order_by("-created_at")
    row = rows.values_list("pk", "organization").first()
    return _Found({"webhook": str(row[0])}, _of(row[1])) if row else None


def _message(among: Sequence[Choice], operation: Operation) -> _Found | None:
    """The newest message with its webhook, looked up webhook by webhook; without any a webhook alone."""
    newest = WebhookMessage.objects.filter(endpoint=OuterRef("pk")).order_by("-made_at")
    rows = WebhookEndpoint.objects.filter(organization__in=_organizations(among)).annotate(
        message=Subquery(newest.values("pk")[:1]), made_at=Subquery(newest.values("made_at")[:1])
    )
    rows = rows.order_by(F("made_at").desc(nulls_last=True), "-created_at")
    row = rows.values_list("pk", "message", "organization").first()
    if row is None:
        return None
    told = {"message": str(row[1])} if row[1] else {}
    return _Found({"webhook": str(row[0]), **told}, _of(row[2]))


def _letter(among: Sequence[Choice], operation: Operation) -> _Found | None:
    """Of one organization: whose it was is asked of each by itself."""
    organization = among[0].organization
    pk = letters_of(organization).values_list("pk", flat=True).first()
    return _Found({"letter": str(pk)}, _of(organization.pk)) if pk else None


def _model(among: Sequence[Choice], operation: Operation) -> _Found | None:
    rows = DeviceModel.objects.filter(organization__in=_organizations(among)).order_by("-created_at")
    row = rows.values_list("pk", "organization").first()
    return _Found({"model": str(row[0])}, _of(row[1])) if row else None


def _codec(among: Sequence[Choice], operation: Operation) -> _Found | None:
    """The newest version with its model; without any the model alone."""
    rows = CodecVersion.objects.filter(model__organization__in=_organizations(among))
    row = rows.order_by("-created_at").values_list("version", "model", "model__organization").first()
    if row is None:
        return _model(among, operation)
    return _Found({"codec": str(row[0]), "model": str(row[1])}, _of(row[2]))


#: What names the most comes first: a message names its webhook, too.
_FINDERS: Mapping[str, Any] = {
    "downlink": _downlink,
    "export": _export,
    "message": _message,
    "webhook": _webhook,
    "letter": _letter,
    "codec": _codec,
    "model": _model,
}
