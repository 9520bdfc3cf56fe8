"""How devices stand on the network servers, in words: for companies, and for staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.models import AuditEntry
from apps.core.registry import WorkItem
from apps.core.site import site_settings
from apps.devices.enums import DeviceState, DriftKind, ProvisionState, Wanted
from apps.devices.models import Device, Drift, ModelProfile, Provision
from apps.network.integrations.base import Refusal
from apps.network.models import NetworkServer
from apps.trials.rules import OVER


@dataclass(frozen=True)
class Note:
    """A word to the company about a device; ``kind`` is one of a notice."""

    kind: str
    title: str
    text: str
    #: Staff enter the device themselves: no server has a profile of its model.
    by_hand: bool = False


#: Reasons of a refusal that the company can do something about; of the others it only waits.
_THEIRS = (Refusal.EXISTS, Refusal.INVALID, "keys")


def seen_by_company(row: Provision | None) -> tuple[str, str]:
    """The state of a provisioning as its company should see it, and why it was refused in our words.

    What only staff can mend is, for the company, waiting. Both are empty when nothing was ever wanted.
    """
    if row is None:
        return "", ""
    if row.state != ProvisionState.REFUSED:
        return row.state, ""
    if row.reason in _THEIRS:
        return row.state, refusal_words(row.reason)
    return ProvisionState.WAITING, ""


def refusal_words(reason: str) -> str:
    """Why the server did not take a device, for the company: a sentence without the server's own words."""
    if reason == Refusal.EXISTS:
        return _("This DevEUI stands there already in another place. Compare it with the label.")
    if reason == "keys":
        return _("Its keys cannot be read any more. Enter them again.")
    return _("A value of it is not accepted. Compare DevEUI, JoinEUI and keys with the label.")


def provision_note(device: Device, now: datetime) -> Note | None:
    """What the company should know of how ``device`` stands on the network server; None: nothing special.

    What waits or was refused is told by the state of the device (telemetry), with ``refusal_words``.
    ``device`` comes with its trial. One query.
    """
    row = Provision.objects.filter(device=device).first()
    if device.state == DeviceState.RETIRED:
        return None
    if row is None:
        return Note(
            "info",
            _("Entered on the network server by hand"),
            _("The secretariat enters this device on the city’s network server. Until then it cannot join."),
            by_hand=True,
        )
    if row.state != ProvisionState.DONE:
        return None
    if device.trial.phase(now) in OVER:
        return Note("info", *_after_the_end(row, device.trial.last_day))
    if row.wanted == Wanted.DISABLED:
        text = _("It is switched on again there when it goes on here. Its data stay.")
        return Note("info", _("Switched off on the network server for now"), text)
    return None


def _after_the_end(row: Provision, last_day: date) -> tuple[str, str]:
    if row.wanted == Wanted.ABSENT:
        return _("Taken off the network server"), _("The trial has ended. Its data stay here.")
    leaves = last_day + timedelta(days=site_settings().devices_delete_after_days + 1)
    text = _("The trial has ended. On %(day)s it is taken off the server; its data stay here.")
    return _("Switched off on the network server"), text % {"day": date_format(leaves, "DATE_FORMAT")}


def staff_words(row: Provision) -> str:
    """What staff can do about a provisioning that waits or was refused; empty when nothing is to be done."""
    words = {
        Refusal.EXISTS.value: _(
            "The DevEUI stands there in an application that is not of a trial. Delete it there, or correct "
            "the DevEUI here, then try again."
        ),
        Refusal.LIMIT.value: _("The tenant is full. Raise its number of devices there, then try again."),
        Refusal.NOT_FOUND.value: _(
            "The profile or the tenant is gone there. Choose the model’s profile anew."
        ),
        Refusal.INVALID.value: _("Read what the server says. Often a key is missing: the company enters it."),
        "no_profile": _("Choose a profile for the model; its devices are then tried again by themselves."),
        "keys": _(
            "The secrets of this installation do not open its keys. The company enters them again on the "
            "device’s page."
        ),
        "paused": _("The server is paused. It goes on when you use the server again."),
        "away": _("The server does not answer. It is tried again by itself; test its connection."),
        Refusal.TOKEN.value: _(
            "The server does not let us in. Enter its token again and test the connection."
        ),
    }
    return words.get(row.reason, "")


def kind_words(kind: str) -> tuple[str, str]:
    """What a kind of difference means, and the verb of its button."""
    words = {
        DriftKind.UNKNOWN_HERE: (
            _(
                "These stand in an application of a trial, and no device here belongs to them. Somebody "
                "entered them by hand, or they were retired."
            ),
            _("Take away there"),
        ),
        DriftKind.MISSING_THERE: (
            _("These are registered here, but the server does not have them, or not their keys."),
            _("Create there"),
        ),
        DriftKind.OTHER_PROFILE: (
            _("The server has them with another profile than their model’s: they may be heard badly or not."),
            _("Set the profile"),
        ),
        DriftKind.OTHER_PLACE: (
            _("The server has them in another application than that of their trial."),
            _("Move to the trial"),
        ),
        DriftKind.SWITCHED: (
            _("Switched off there though their trial runs, or on though it does not."),
            _("Switch as here"),
        ),
    }
    return words[DriftKind(kind)]


def detail_words(drift: Drift) -> str:
    """What exactly differs."""
    detail = drift.detail
    if drift.kind == DriftKind.OTHER_PROFILE:
        return _("“%(there)s” there, “%(here)s” here") % {
            "there": detail.get("there", ""),
            "here": detail.get("here", ""),
        }
    if drift.kind == DriftKind.SWITCHED:
        return _("off there, on here") if detail.get("off_there") else _("on there, off here")
    if drift.kind == DriftKind.MISSING_THERE and detail.get("keys") is False:
        return _("there without its keys")
    if drift.kind == DriftKind.UNKNOWN_HERE:
        return _("retired here") if drift.device_id else str(detail.get("name", ""))
    return ""


#: Not a kind: differences of any kind that staff let stand.
MAY_STAND = "may_stand"
#: Differences of each group that the page of all shows; a page of their own has the others.
FIRST = 10


@dataclass(frozen=True)
class DriftGroup:
    """Differences of a kind on a server (or ``MAY_STAND``), as a section of the page: the first ``rows`` of
    ``count``."""

    kind: str
    label: str
    meaning: str
    verb: str
    rows: list[tuple[Drift, str]]
    count: int


@dataclass(frozen=True)
class ServerDrift:
    """A server on the page of differences. ``told`` is when it was last compared."""

    server: NetworkServer
    told: datetime | None
    groups: list[DriftGroup] = field(default_factory=list)
    ignored: DriftGroup | None = None


def drift_group(kind: str, rows: Iterable[Drift], count: int) -> DriftGroup:
    """``rows`` of ``kind`` in words."""
    found = [(row, detail_words(row)) for row in rows]
    if kind == MAY_STAND:
        return DriftGroup(kind, _("May stand"), "", "", found, count)
    return DriftGroup(kind, str(DriftKind(kind).label), *kind_words(kind), found, count)


def drifts_open() -> QuerySet[Drift]:
    """Open differences with what a row of them shows; the order does not change while they are mended."""
    rows = Drift.objects.filter(closed_at=None)
    return rows.select_related("device__trial", "device__organization").order_by("kind", "dev_eui", "pk")


def drifts_of(server: NetworkServer, kind: str) -> QuerySet[Drift]:
    """Those of one section."""
    rows = drifts_open().filter(server=server)
    if kind == MAY_STAND:
        return rows.exclude(ignored_at=None)
    return rows.filter(kind=kind, ignored_at=None)


def servers_drift() -> list[ServerDrift]:
    """Every server with profiles or open differences, and the first of each. Three queries."""
    section = Case(When(ignored_at=None, then="kind"), default=Value(MAY_STAND))
    together: dict[str, Any] = {"partition_by": ["server", "section"]}
    rows = drifts_open().annotate(section=section)
    rows = rows.annotate(
        place=Window(RowNumber(), order_by=["dev_eui", "pk"], **together),
        number=Window(Count("pk"), **together),
    )
    found: dict[UUID, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.filter(place__lte=FIRST):
        found[row.server_id][row.section].append(row)
    wanted = Q(pk__in=found) | Q(pk__in=ModelProfile.objects.values("server"))
    servers = list(NetworkServer.objects.filter(wanted))
    told = _compared_at([str(server.pk) for server in servers])
    return [_server_drift(server, told.get(str(server.pk)), found[server.pk]) for server in servers]


def _server_drift(
    server: NetworkServer, told: datetime | None, found: Mapping[str, list[Any]]
) -> ServerDrift:
    groups = {
        kind: drift_group(kind, found[kind], found[kind][0].number)
        for kind in (*DriftKind.values, MAY_STAND)
        if kind in found
    }
    ignored = groups.pop(MAY_STAND, None)
    return ServerDrift(server, told, list(groups.values()), ignored)


def _compared_at(servers: list[str]) -> dict[str, datetime]:
    """When each of ``servers`` was compared last; from the record."""
    label = NetworkServer._meta.label_lower
    entries = AuditEntry.objects.filter(object_type=label, object_id__in=servers, action="devices.compare")
    newest = entries.order_by("object_id", "-at").distinct("object_id")
    return dict(newest.values_list("object_id", "at"))


def work_items(user: Any) -> Iterator[WorkItem]:
    """Refused devices, servers that devices wait for, and open differences."""
    if user.has_perm("devices.change_provision"):
        yield from _provision_items()
    if user.has_perm("devices.change_drift"):
        count = Drift.objects.filter(closed_at=None, ignored_at=None).count()
        if count:
            yield WorkItem(
                kind=_("Network"),
                title=ngettext(
                    "%(count)d device differs on the network server",
                    "%(count)d devices differ on the network server",
                    count,
                )
                % {"count": count},
                detail=_("Look at what differs; each kind can be mended at once."),
                url=reverse("admin:devices_drift_changelist"),
                action=_("See the differences"),
            )


def _provision_items() -> Iterator[WorkItem]:
    page = reverse("admin:devices_provision_changelist")
    counts = Provision.objects.aggregate(
        refused=Count("pk", filter=Q(state=ProvisionState.REFUSED)),
        waiting=Count("pk", filter=Q(state=ProvisionState.WAITING, attempts__gte=3)),
    )
    if counts["refused"]:
        yield WorkItem(
            kind=_("Network"),
            title=ngettext(
                "The network server refused %(count)d device",
                "The network server refused %(count)d devices",
                counts["refused"],
            )
            % {"count": counts["refused"]},
            detail=_("The company waits. See why, mend it and try again."),
            url=f"{page}?state__exact=refused",
            action=_("See the devices"),
        )
    if counts["waiting"]:
        yield WorkItem(
            kind=_("Network"),
            title=ngettext(
                "%(count)d device waits for the network server",
                "%(count)d devices wait for the network server",
                counts["waiting"],
            )
            % {"count": counts["waiting"]},
            detail=_("It is tried again by itself. Test the server’s connection."),
            url=f"{page}?state__exact=waiting",
            action=_("See the devices"),
        )
