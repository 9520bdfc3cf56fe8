"""Dashboards: what a tile takes, what it shows, and who sees it by a secret link, until when."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.urls import reverse

from apps.calls.enums import PersonalData
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.devices.models import Device
from apps.telemetry.domain.dashboards import (
    MOST_TILES,
    TileValues,
    dashboard_make,
    link_make,
    link_revoke,
    tile_move,
    tile_save,
)
from apps.telemetry.domain.partitions import partitions_ahead
from apps.telemetry.enums import DecodeState, TileKind
from apps.telemetry.models import Dashboard, DashboardTile, DeviceLatest, Uplink
from apps.telemetry.selectors.dashboards import link_of_token, tiles_of
from apps.telemetry.views.dashboards_shown import tile_items
from tests.cast import Cast
from tests.factories.calls import SubmittedFactory
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(cast: Cast) -> Device:
    trial = TrialFactory.create(organization=cast.organization)
    place = Point(137.21, 36.7, srid=4326)
    return DeviceFactory.create(trial=trial, organization=cast.organization, name="排水口", place=place)


@pytest.fixture
def board(cast: Cast, device: Device) -> Dashboard:
    return dashboard_make(
        trial=device.trial, organization=cast.organization, actor=cast.owner, name="水位の見張り"
    )


def heard(device: Device, time: datetime, values: dict[str, float]) -> Uplink:
    return Uplink.objects.create(
        organization_id=device.organization_id,
        deduplication_id=uuid.uuid4(),
        time=time,
        received_at=time,
        trial_id=device.trial_id,
        device_id=device.pk,
        f_cnt=0,
        f_port=1,
        dr=2,
        data=b"x",
        gateway_count=1,
        decode_state=DecodeState.DECODED,
        values=values,
    )


def test_a_new_dashboard_begins_with_states_and_a_map(board: Dashboard, device: Device) -> None:
    state, place = tiles_of(board)
    assert [one.kind for one in (state, place)] == [TileKind.STATE, TileKind.MAP]
    assert [one.device for one in state.devices] == [device]
    assert place.devices[0].place == (36.7, 137.21)


def test_a_tile_says_what_it_cannot_take(board: Dashboard, device: Device, cast: Cast) -> None:
    foreign = DeviceFactory.create()
    cases = (
        (TileValues(TileKind.CHART, devices=[device]), {"field"}),
        (TileValues(TileKind.VALUE, field="level"), {"devices"}),
        (TileValues(TileKind.MAP, devices=[foreign]), {"devices"}),
        (TileValues(TileKind.CHART, devices=[device] * 11, field="level"), {"devices"}),
        (TileValues(TileKind.TEXT, text="  "), {"text"}),
    )
    for values, places in cases:
        with pytest.raises(InvalidInput) as refused:
            tile_save(dashboard=board, actor=cast.owner, values=values)
        assert set(refused.value.fields) == places
    with pytest.raises(NotAllowed):
        tile_save(dashboard=board, actor=cast.reader, values=TileValues(TileKind.TEXT, text="x"))


def test_a_dashboard_holds_so_many_tiles(board: Dashboard, cast: Cast) -> None:
    rows = [DashboardTile(dashboard=board, kind="text", text="x", order=n) for n in range(MOST_TILES)]
    DashboardTile.objects.bulk_create(rows)
    with pytest.raises(Conflict):
        tile_save(dashboard=board, actor=cast.owner, values=TileValues(TileKind.TEXT, text="x"))


def test_tiles_show_values_charts_and_text(board: Dashboard, device: Device, cast: Cast) -> None:
    partitions_ahead()
    now = clock.now()
    for minutes, level in ((180, 1.0), (120, 2.0), (60, 4.5)):
        row = heard(device, now - timedelta(minutes=minutes), {"level": level})
    DeviceLatest.objects.create(
        device=device,
        time=row.time,
        received_at=row.time,
        deduplication_id=row.deduplication_id,
        f_cnt=0,
        dr=2,
        decode_state=DecodeState.DECODED,
        values=row.values,
    )
    made = [
        TileValues(TileKind.VALUE, devices=[device], field="level"),
        TileValues(TileKind.CHART, devices=[device], field="level", hours=24),
        TileValues(TileKind.CHART, devices=[device], field="nothing", hours=24),
        TileValues(TileKind.TEXT, text="**注意** <script>alert(1)</script>"),
    ]
    for values in made:
        tile_save(dashboard=board, actor=cast.owner, values=values)
    _state, _map, value, chart, empty, text = tile_items(tiles_of(board, now), now)
    assert value["values"][0]["value"] in (4.5, "4.5", "4.50")
    assert chart["table"][0]["name"] == "排水口"
    assert [float(cell) for cell in chart["table"][0]["cells"]] == [1.0, 2.5, 4.5]
    drawn = chart["chart"]["series"][0]["values"]
    assert [value for value in drawn if value is not None] == [1.0, 2.0, 4.5]
    assert empty["chart"] is None
    assert "<strong>注意</strong>" in text["html"]
    assert "<script" not in text["html"]


def test_tiles_change_places(board: Dashboard, cast: Cast) -> None:
    first, second = board.tiles.all()
    tile_move(tile=second, actor=cast.owner, earlier=True)
    assert [one.pk for one in board.tiles.all()] == [second.pk, first.pk]
    tile_move(tile=second, actor=cast.owner, earlier=True)
    assert [one.pk for one in board.tiles.all()] == [second.pk, first.pk]


def test_a_secret_link_shows_the_tiles_until_it_ends_or_is_revoked(
    board: Dashboard, cast: Cast, client: Client
) -> None:
    now = clock.now()
    link, token = link_make(dashboard=board, actor=cast.owner, days=7, note="推進協議会", now=now)
    assert token not in str(link.__dict__)
    address = reverse("telemetry:dashboard-open", args=[token])
    answer = client.get(address)
    assert answer.status_code == 200
    assert "水位の見張り" in answer.content.decode()
    assert "noindex" in answer["X-Robots-Tag"]
    assert f"/o/{board.organization_id}/" not in answer.content.decode()
    link.refresh_from_db()
    assert link.opened_at is not None
    assert client.get(reverse("telemetry:dashboard-open", args=[token[:-1]])).status_code == 404
    assert link_of_token(token, now + timedelta(days=6)) == link
    with pytest.raises(NotFound):
        link_of_token(token, now + timedelta(days=8))
    link_revoke(link=link, actor=cast.owner)
    assert client.get(address).status_code == 404


def test_a_trial_with_personal_data_is_never_shown_by_a_link(
    board: Dashboard, cast: Cast, client: Client
) -> None:
    _link, token = link_make(dashboard=board, actor=cast.owner, days=7, note="")
    application = SubmittedFactory.create(created_by=cast.owner, personal_data=PersonalData.YES)
    board.trial.application = application
    board.trial.save(update_fields=["application"])
    assert client.get(reverse("telemetry:dashboard-open", args=[token])).status_code == 404
    with pytest.raises(Conflict):
        link_make(dashboard=board, actor=cast.owner, days=7, note="")
    assert Uplink.objects.count() == DeviceLatest.objects.count() == 0
