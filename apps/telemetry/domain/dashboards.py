"""Dashboards: made and arranged by those who work for the organization, shown to others by secret links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.core.text import clean_line, clean_text
from apps.core.tokens import new_token
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.telemetry.enums import TileKind
from apps.telemetry.models import Dashboard, DashboardLink, DashboardTile
from apps.telemetry.selectors.masks import handles_personal_data
from apps.trials.models import Trial
from apps.trials.permissions import manages_trial

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Of one trial; of one dashboard; of one tile.
MOST_DASHBOARDS: Final = 20
MOST_TILES: Final = 24
MOST_DEVICES: Final = 10
#: Days that a secret link may live.
LINK_DAYS: Final = (7, 30, 90)


@dataclass(frozen=True)
class TileValues:
    """What a tile shows; what its kind does not use is left out when it is kept."""

    kind: TileKind
    title: str = ""
    devices: Sequence[Device] = ()
    field: str = ""
    hours: int = 24
    text: str = ""
    is_wide: bool = False


@transaction.atomic
def dashboard_make(*, trial: Trial, organization: Organization, actor: User | Any, name: str) -> Dashboard:
    """A dashboard that begins with the states and the map of the trial's devices.

    Raises ``InvalidInput`` (``name``), ``Conflict`` for one too many, ``NotAllowed``.
    """
    _may(actor, trial, organization)
    Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    if Dashboard.objects.filter(trial=trial).count() >= MOST_DASHBOARDS:
        raise Conflict(_("A trial can have %(most)d dashboards.") % {"most": MOST_DASHBOARDS})
    board = Dashboard(organization=organization, trial=trial, name=_name(name), created_by=actor)
    board.full_clean(exclude=["created_by"])
    board.save()
    for order, kind in enumerate((TileKind.STATE, TileKind.MAP)):
        DashboardTile.objects.create(dashboard=board, kind=kind, order=order)
    record(action="dashboard.make", actor=actor, target=board, organization_id=organization.pk)
    return board


@transaction.atomic
def dashboard_rename(*, dashboard: Dashboard, actor: User | Any, name: str) -> Dashboard:
    _may(actor, dashboard.trial, dashboard.organization)
    board = _locked(dashboard)
    board.name = _name(name)
    board.save(update_fields=["name", "updated_at"])
    return board


@transaction.atomic
def dashboard_remove(*, dashboard: Dashboard, actor: User | Any) -> None:
    """Its links are dead at once."""
    _may(actor, dashboard.trial, dashboard.organization)
    record(
        action="dashboard.remove", actor=actor, target=dashboard, organization_id=dashboard.organization_id
    )
    dashboard.delete()


@transaction.atomic
def tile_save(
    *, dashboard: Dashboard, actor: User | Any, values: TileValues, tile: DashboardTile | None = None
) -> DashboardTile:
    """A new tile at the end, or ``tile`` changed (its kind stays). Raises ``InvalidInput`` by field."""
    _may(actor, dashboard.trial, dashboard.organization)
    board = _locked(dashboard)
    tiles = DashboardTile.objects.filter(dashboard=board)
    if tile is not None and not tiles.filter(pk=tile.pk).exists():
        raise NotFound(_("This tile was removed."))
    if tile is None:
        if tiles.count() >= MOST_TILES:
            raise Conflict(_("A dashboard can have %(most)d tiles.") % {"most": MOST_TILES})
        last = tiles.order_by("-order").first()
        tile = DashboardTile(dashboard=board, kind=values.kind, order=last.order + 1 if last else 0)
    devices = _checked(board, TileKind(tile.kind), values)
    tile.title = clean_line(values.title)
    tile.fields = [values.field] if tile.kind in (TileKind.VALUE, TileKind.CHART) else []
    tile.hours = values.hours
    tile.text = clean_text(values.text) if tile.kind == TileKind.TEXT else ""
    tile.is_wide = values.is_wide
    tile.full_clean(exclude=["dashboard"])
    tile.save()
    tile.devices.set(devices)
    return tile


def _checked(board: Dashboard, kind: TileKind, values: TileValues) -> list[Device]:
    """The devices of the tile; raises ``InvalidInput`` by field."""
    wrong: dict[str, list[str]] = {}
    devices = [] if kind == TileKind.TEXT else list(values.devices)
    if any(device.trial_id != board.trial_id for device in devices):
        wrong["devices"] = [_("Choose devices of this trial.")]
    if kind in (TileKind.VALUE, TileKind.CHART):
        if not devices:
            wrong["devices"] = [_("Choose at least one device.")]
        if not values.field:
            wrong["field"] = [_("Choose what is shown.")]
    if len(devices) > MOST_DEVICES:
        wrong["devices"] = [_("At most %(most)d devices on one tile.") % {"most": MOST_DEVICES}]
    if kind == TileKind.TEXT and not values.text.strip():
        wrong["text"] = [_("Write what is shown.")]
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)
    return devices


@transaction.atomic
def tile_move(*, tile: DashboardTile, actor: User | Any, earlier: bool) -> None:
    """One place earlier or later; at the end nothing happens."""
    _may(actor, tile.dashboard.trial, tile.dashboard.organization)
    board = _locked(tile.dashboard)
    tiles = list(DashboardTile.objects.filter(dashboard=board))
    at = next((number for number, one in enumerate(tiles) if one.pk == tile.pk), None)
    if at is None:
        raise NotFound(_("This tile was removed."))
    to = at - 1 if earlier else at + 1
    if 0 <= to < len(tiles):
        tiles[at], tiles[to] = tiles[to], tiles[at]
    for order, one in enumerate(tiles):
        one.order = order
    DashboardTile.objects.bulk_update(tiles, ["order"])


@transaction.atomic
def tile_remove(*, tile: DashboardTile, actor: User | Any) -> None:
    _may(actor, tile.dashboard.trial, tile.dashboard.organization)
    tile.delete()


@transaction.atomic
def link_make(
    *, dashboard: Dashboard, actor: User | Any, days: int, note: str, now: datetime | None = None
) -> tuple[DashboardLink, str]:
    """A secret link and its token, which exists only in this answer.

    Raises ``Conflict`` for a trial that handles personal data, ``InvalidInput`` (``days``).
    """
    _may(actor, dashboard.trial, dashboard.organization)
    if handles_personal_data(dashboard.trial):
        raise Conflict(_("This trial handles personal data. It cannot be shown by a link."))
    if days not in LINK_DAYS:
        wrong = [_("Choose one of the periods.")]
        raise InvalidInput(_("Some values cannot be accepted."), fields={"days": wrong})
    now = now or clock.now()
    token, digest = new_token()
    link = DashboardLink(
        dashboard=dashboard,
        token_hash=digest,
        note=clean_line(note),
        made_at=now,
        expires_at=now + timedelta(days=days),
        created_by=actor,
    )
    link.full_clean(exclude=["created_by", "revoked_at", "opened_at"])
    link.save()
    data = {"until": link.expires_at.isoformat()}
    record(
        action="dashboard.link",
        actor=actor,
        target=dashboard,
        organization_id=dashboard.organization_id,
        data=data,
    )
    return link, token


@transaction.atomic
def link_revoke(*, link: DashboardLink, actor: User | Any, now: datetime | None = None) -> DashboardLink:
    """From now on the link shows nothing. Revoking twice revokes once."""
    board = link.dashboard
    _may(actor, board.trial, board.organization)
    found = DashboardLink.objects.select_for_update().filter(pk=link.pk).first()
    if found is None:
        raise NotFound(_("This link was removed."))
    link = found
    if link.revoked_at is None:
        link.revoked_at = now or clock.now()
        link.save(update_fields=["revoked_at"])
        record(
            action="dashboard.link_revoke",
            actor=actor,
            target=board,
            organization_id=board.organization_id,
        )
    return link


def link_opened(*, link: DashboardLink, now: datetime | None = None) -> None:
    """Note that somebody looked, at most once a minute."""
    now = now or clock.now()
    if link.opened_at is None or now - link.opened_at > timedelta(minutes=1):
        DashboardLink.objects.filter(pk=link.pk).update(opened_at=now)


def _locked(dashboard: Dashboard) -> Dashboard:
    """``dashboard`` as it is now, held alone; raises ``NotFound`` when somebody removed it meanwhile."""
    board: Dashboard | None = Dashboard.objects.select_for_update().filter(pk=dashboard.pk).first()
    if board is None:
        raise NotFound(_("This dashboard was removed."))
    return board


def _name(name: str) -> str:
    name = clean_line(name)
    if not name or len(name) > 80:
        wrong = [_("Give the dashboard a name of up to 80 characters.")]
        raise InvalidInput(_("Some values cannot be accepted."), fields={"name": wrong})
    return name


def _may(actor: User | Any, trial: Trial, organization: Organization) -> None:
    if not manages_trial(actor, trial, organization):
        raise NotAllowed(_("You can look at this dashboard but not change it."))
