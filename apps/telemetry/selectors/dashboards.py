"""Reading dashboards: whose they are, what a link shows, and what stands on each tile."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import NotFound
from apps.core.tokens import token_hash
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceQuerySet
from apps.telemetry.enums import TileKind
from apps.telemetry.models import (
    Dashboard,
    DashboardLink,
    DashboardTile,
    DeviceLatest,
)
from apps.telemetry.rules.series import Interval, Span
from apps.telemetry.rules.states import State
from apps.telemetry.selectors.fields import Field, fields_of
from apps.telemetry.selectors.masks import handles_personal_data
from apps.telemetry.selectors.series import SeriesAnswer, series_of
from apps.telemetry.selectors.sight import conditions_of, latest_of
from apps.telemetry.selectors.states import states_of
from apps.trials.models import Participant, Trial
from apps.trials.selectors import access_trial

if TYPE_CHECKING:
    from apps.accounts.models import User


@dataclass(frozen=True)
class NewestValue:
    """A field of a device now; ``value`` None when it has sent none."""

    device: Device
    field: Field
    value: Any
    at: datetime | None


@dataclass(frozen=True)
class Standing:
    """A device, its most important state, where it stands (latitude, longitude) if that is known."""

    device: Device
    state: State
    place: tuple[float, float] | None


@dataclass
class Tile:
    """A tile with what it shows; only what its kind needs is filled."""

    row: DashboardTile
    values: list[NewestValue] = field(default_factory=list)
    devices: list[Standing] = field(default_factory=list)
    answer: SeriesAnswer | None = None

    @property
    def kind(self) -> TileKind:
        return TileKind(self.row.kind)


def dashboards_of(trial: Trial) -> QuerySet[Dashboard]:
    return Dashboard.objects.filter(trial=trial).order_by("name", "pk")


def access_dashboard(
    *, actor: User | Any, organization: uuid.UUID, code: str, pk: uuid.UUID, write: bool = False
) -> Dashboard:
    """A dashboard of a trial in which ``organization`` takes part; errors as ``access_trial``."""
    trial, owner = access_trial(actor=actor, organization=organization, code=code, write=write)
    boards = dashboards_of(trial).filter(organization=owner) if write else dashboards_of(trial)
    board = boards.select_related("trial__application", "organization").filter(pk=pk).first()
    if board is None:
        raise NotFound(_("This page does not exist."))
    return board


def links_of(dashboard: Dashboard, now: datetime) -> list[DashboardLink]:
    """Links that still show it."""
    return list(dashboard.links.filter(revoked_at=None, expires_at__gt=now))


def link_of_token(token: str, now: datetime) -> DashboardLink:
    """The link that ``token`` opens; ``NotFound`` when it is over or revoked, when its trial is flagged now
    or whoever made it takes part no longer."""
    link = (
        DashboardLink.objects.select_related("dashboard__trial__application", "dashboard__organization")
        .filter(token_hash=token_hash(token), revoked_at=None, expires_at__gt=now)
        .first()
    )
    if link is None or handles_personal_data(link.dashboard.trial) or not _takes_part(link.dashboard):
        raise NotFound(_("This link shows nothing any more. Ask the company for a new one."))
    return link


def _takes_part(board: Dashboard) -> bool:
    return Participant.objects.filter(trial=board.trial_id, organization=board.organization_id).exists()


def devices_to_show(trial: Trial, seen_by: uuid.UUID) -> list[Device]:
    """The devices of ``trial`` in use, by name, as an organization that takes part sees them."""
    return _by_name(Device.objects.seen_by(seen_by).filter(trial=trial))


def devices_by_link(dashboard: Dashboard) -> list[Device]:
    """What a secret link may show: the devices of whoever made it, as far as they were in the trial.

    Asked at each look, so it holds for tiles made earlier and devices that change hands.
    """
    return _by_name(Device.objects.filter(trial=dashboard.trial_id, organization=dashboard.organization_id))


def _by_name(devices: DeviceQuerySet) -> list[Device]:
    rows = devices.exclude(state=DeviceState.RETIRED).select_related("model", "organization")
    return list(rows.order_by("name", "pk"))


@dataclass(frozen=True)
class LeftOut:
    """What stands on a dashboard and not behind its links: ``others`` with how many devices of each;
    ``moved``: own devices whose time in an earlier trial is not shown."""

    others: list[tuple[str, int]]
    moved: list[str]

    def __bool__(self) -> bool:
        return bool(self.others or self.moved)


def left_out(dashboard: Dashboard) -> LeftOut:
    """What a link of ``dashboard`` does not show of its tiles. Three queries."""
    rows = [row for row in dashboard.tiles.prefetch_related("devices") if row.kind != TileKind.TEXT]
    named = {device.pk for row in rows for device in row.devices.all()}
    every = any(not row.devices.all() for row in rows)
    devices = devices_to_show(dashboard.trial, dashboard.organization_id)
    shown = [device for device in devices if every or device.pk in named]
    others = [one.organization.name for one in shown if one.organization_id != dashboard.organization_id]
    own = [one for one in shown if one.organization_id == dashboard.organization_id]
    return LeftOut(sorted(Counter(others).items()), [one.name for one in own if one.joined_trial_at])


def fields_to_show(devices: Sequence[Device]) -> list[tuple[str, str]]:
    """Name and heading of every field that ``devices`` describe or have sent. One query."""
    sent = {pk: row.values for pk, row in latest_of(devices).items()}
    found: dict[str, str] = {}
    for device in devices:
        for one in fields_of(device, sent.get(device.pk) or (), get_language()):
            found.setdefault(one.name, one.heading)
    return list(found.items())


def tiles_of(
    dashboard: Dashboard, now: datetime | None = None, *, seen_by: uuid.UUID | None = None
) -> list[Tile]:
    """The tiles in their order, filled as an organization of the trial sees them, or as a secret link shows
    them: a dozen queries, and four more for each chart."""
    now = now or clock.now()
    devices = devices_to_show(dashboard.trial, seen_by) if seen_by else devices_by_link(dashboard)
    shown = {device.pk: device for device in devices}
    rows = list(dashboard.tiles.prefetch_related("devices"))
    wanted = {TileKind(row.kind) for row in rows}
    newest = latest_of(devices) if TileKind.VALUE in wanted else {}
    standings = _standings(devices, now) if wanted & {TileKind.STATE, TileKind.MAP} else {}
    tiles = []
    for row in rows:
        named = row.devices.all()
        chosen = [shown[one.pk] for one in named if one.pk in shown] if named else devices
        chosen.sort(key=lambda device: device.name)
        tiles.append(_filled(row, chosen, newest, standings, now))
    return tiles


def _filled(
    row: DashboardTile,
    chosen: Sequence[Device],
    newest: Mapping[uuid.UUID, DeviceLatest],
    standings: Mapping[uuid.UUID, Standing],
    now: datetime,
) -> Tile:
    tile = Tile(row)
    if tile.kind == TileKind.VALUE:
        tile.values = [_newest(device, name, newest) for device in chosen for name in row.fields]
    elif tile.kind in (TileKind.STATE, TileKind.MAP):
        tile.devices = [standings[device.pk] for device in chosen]
    elif tile.kind == TileKind.CHART and chosen:
        tile.answer = _series(row, chosen, now)
    return tile


def _newest(device: Device, name: str, newest: Mapping[uuid.UUID, DeviceLatest]) -> NewestValue:
    latest = newest.get(device.pk)
    known = fields_of(device, {name}, get_language())
    chosen = next(one for one in known if one.name == name)
    value = (latest.values or {}).get(name) if latest else None
    return NewestValue(device, chosen, value, latest.time if latest and value is not None else None)


def _series(row: DashboardTile, devices: Sequence[Device], now: datetime) -> SeriesAnswer:
    """Several devices are drawn over the same hours or days, so that they can be laid over one another."""
    span = Span(now - timedelta(hours=row.hours), now, clock.TOKYO)
    several = Interval.DAY if row.hours > 24 * 45 else Interval.HOUR
    return series_of(devices=devices, span=span, interval=several if len(devices) > 1 else None, now=now)


def _standings(devices: Sequence[Device], now: datetime) -> dict[uuid.UUID, Standing]:
    found = states_of(devices, now)
    told = {
        pk: (row.location.y, row.location.x)
        for pk, row in conditions_of(devices, located=True).items()
        if row.location
    }
    return {
        device.pk: Standing(
            device,
            found[device.pk][1][0],
            (device.place.y, device.place.x) if device.place else told.get(device.pk),
        )
        for device in devices
    }
