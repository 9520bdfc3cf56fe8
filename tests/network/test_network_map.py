"""The staff's map: every gateway with how it is heard, those nobody entered, none and many."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core import clock
from apps.network.domain.gateways import gateways_report
from apps.network.domain.heard import heard_compact
from apps.network.models import Gateway, GatewayDay
from apps.network.rules import hearing_of, hours_heard
from apps.network.selectors.hearing import gateways_heard
from apps.network.tasks import gateways
from tests.cast import Cast
from tests.factories.coverage import CoverageCellFactory, GatewayDayFactory
from tests.factories.network import GatewayFactory, NetworkServerFactory
from tests.network.fake_chirpstack import FakeChirpStack

pytestmark = pytest.mark.django_db
URL = reverse("admin:network_map")
ONE, TWO = "0016c001f153a14c", "0016c001f153a14d"
NOON = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)  # 12:30 in Japan


@pytest.fixture
def staff(cast: Cast, client: Client) -> Client:
    client.force_login(cast.staff)
    return client


@pytest.mark.parametrize(
    ("hours", "state"), [(1, "ok"), (2, "ok"), (3, "late"), (24, "late"), (25, "silent"), (None, "never")]
)
def test_states_follow_from_the_last_time(hours: int | None, state: str) -> None:
    last = NOON - timedelta(hours=hours) if hours is not None else None
    assert hearing_of(last_seen_at=last, removed=False, now=NOON) == state
    assert hearing_of(last_seen_at=last, removed=True, now=NOON) == "removed"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], (0, 0)),
        ([(21, 1 << 11)], (1, 1)),  # the hour that has just ended
        ([(21, 1 << 11 | 1 << 12)], (2, 2)),  # the running hour counts once it was heard in
        ([(21, 1 << 10)], (1, 2)),
        ([(21, 0xFFF), (20, 0xFFFFFF)], (36, 36)),
        ([(14, 0xFFFFFF), (21, 1)], (13, 168)),  # hours before the seven days are left out
    ],
)
def test_hours_are_counted_from_the_first_one(days: list[tuple[int, int]], expected: tuple[int, int]) -> None:
    assert hours_heard(((date(2026, 11, day), bits) for day, bits in days), now=NOON) == expected


def test_gateways_with_what_they_carried(staff: Client) -> None:
    GatewayFactory.create(gateway_id=ONE, name="本庁舎", last_seen_at=clock.now(), place=Point(137.2, 36.7))
    GatewayFactory.create(name="倉庫", state="removed")
    GatewayDayFactory.create(gateway_id=ONE, uplinks=7)
    GatewayDayFactory.create(gateway_id=ONE, day=clock.local_date() - timedelta(days=30), uplinks=90)
    GatewayDayFactory.create(gateway_id=TWO)
    GatewayDayFactory.create(gateway_id="00" * 8, uplinks=0)  # it only reported to its server
    rows = {row.gateway_id: row for row in gateways_heard()}
    assert (rows[ONE].state, rows[ONE].uplinks, rows[ONE].hours) == ("ok", 7, 1)
    assert (rows[TWO].state, rows[TWO].gateway) == ("stray", None)
    assert "00" * 8 not in rows
    page = staff.get("/en" + URL)
    assert [marker["title"] for marker in page.context["map_data"]["markers"]] == ["本庁舎"]
    assert "Heard, not entered" in page.content.decode()
    assert staff.get(URL, {"state": "stray"}).context["page"].paginator.count == 1
    assert staff.get(URL, {"q": "本庁"}).context["page"].paginator.count == 1
    assert staff.get(URL, {"q": "ない", "state": "x", "page": "x"}).status_code == 200
    add = staff.get(reverse("admin:network_gateway_add"), {"gateway_id": TWO})
    assert f'value="{TWO}"' in add.content.decode()


def test_no_gateway_and_many(staff: Client) -> None:
    assert staff.get(URL).context["page"].paginator.count == 0
    asked: list[int] = []
    for count in (1, 3):
        _make(count)
        staff.get(URL)
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(URL)
        asked.append(len(queries))
    assert asked[0] == asked[1]
    Gateway.objects.bulk_create(
        GatewayFactory.build(gateway_id=f"{n:016x}", place=Point(137 + n / 1000, 36.7)) for n in range(300)
    )
    page = staff.get(URL)
    assert len(page.context["map_data"]["markers"]) >= 300
    assert len(page.context["page"].object_list) == 20


def _make(count: int) -> None:
    for number in range(count):
        gateway = GatewayFactory.create(place=Point(137.2, 36.7))
        GatewayDayFactory.create(gateway_id=gateway.gateway_id)
        CoverageCellFactory.create(mesh=f"55370{count}471{number + 1}")


def test_what_the_server_last_heard_counts_as_an_hour(fake: FakeChirpStack, cast: Cast) -> None:
    server = NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)
    NetworkServerFactory.create()  # nobody answers there: the others are asked all the same
    now = clock.now()
    for name, age in ((ONE, timedelta(minutes=5)), (TWO, timedelta(days=2))):
        GatewayFactory.create(gateway_id=name, server=server)
        fake.add_gateway(name)
        fake.state.gateways[name].last_seen_at.FromDatetime(now - age)
    fake.add_gateway("0016c001f153a14e")
    assert gateways_report(server=server, now=now) == 1
    gateways()
    heard_compact()
    day = GatewayDay.objects.get()
    assert (day.gateway_id, day.uplinks, bin(day.hours).count("1")) == (ONE, 0, 1)
    known: Any = Gateway.objects.get(gateway_id=ONE)
    assert abs(known.last_seen_at - (now - timedelta(minutes=5))) < timedelta(seconds=1)
