"""Gateways from a server and from a file: all lines or none, and what staff wrote stays."""

from __future__ import annotations

from datetime import UTC, datetime

import grpc
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.errors import InvalidInput
from apps.network.domain import gateways_from_file, gateways_from_server
from apps.network.integrations.base import ServerAway
from apps.network.models import Gateway
from apps.network.rules import MOST_ROWS, file_text, read_gateways
from tests.cast import Cast
from tests.factories.network import GatewayFactory, NetworkServerFactory
from tests.network.fake_chirpstack import FakeChirpStack

pytestmark = pytest.mark.django_db
FILE = reverse("admin:network_gateway_file")
ONE, TWO = "0016c001f153a14c", "0016c001f153a14d"
HEAD = "gateway_id,name,place_name,latitude,longitude,height_m"
GOOD = f"{HEAD}\n{ONE},市役所,屋上,36.695,137.213,25\n{TWO},北,,,,\n"


@pytest.fixture
def staff(cast: Cast, client: Client) -> Client:
    client.force_login(cast.staff)
    return client


def test_file_is_looked_through_then_taken(staff: Client) -> None:
    sent = SimpleUploadedFile("g.csv", GOOD.encode("cp932"))
    page = staff.post(FILE, {"file": sent})
    assert page.status_code == 200
    assert Gateway.objects.count() == 0
    assert [row.act for row in page.context["rows"]] == ["new", "new"]
    assert staff.post(FILE, {"text": page.context["text"], "take": "1"}).status_code == 302
    first = Gateway.objects.get(gateway_id=ONE)
    assert first.place is not None
    assert (first.place.y, first.place.x, first.height_m) == (36.695, 137.213, 25)
    again = staff.post(FILE, {"file": SimpleUploadedFile("g.csv", b"\xef\xbb\xbf" + GOOD.encode())})
    assert [row.act for row in again.context["rows"]] == ["same", "same"]


def test_one_fault_and_nothing_is_taken(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        gateways_from_file(text=GOOD + "00,短い\n", server=None, actor=cast.staff)
    assert Gateway.objects.count() == 0


def test_empty_cell_changes_nothing(cast: Cast) -> None:
    gateways_from_file(text=GOOD, server=None, actor=cast.staff)
    text = f"ゲートウェイID,名称,設置場所\n{ONE.upper()},本庁舎,\n"
    taken = gateways_from_file(text=text, server=None, actor=cast.staff)
    assert (taken.new, taken.changed) == (0, 1)
    row = Gateway.objects.get(gateway_id=ONE)
    assert (row.name, row.place_name, row.height_m) == ("本庁舎", "屋上", 25)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("0016c001f153a14,短い,,,", 1),
        (f"{ONE},,,,", 1),
        (f"{ONE},x,,137.2,36.7", 1),
        (f"{ONE},x,,36.7,", 1),
        (f"{ONE},x,,north,137", 2),
        (f"{ONE},x,,1e400,137", 2),
        (f"{ONE},x,,36,999", 1),
    ],
)
def test_each_line_says_what_is_wrong(cells: str, words: int) -> None:
    (row,) = read_gateways(f"gateway_id,name,place_name,latitude,longitude\n{cells}\n")
    assert len(row.faults) == words


def test_twice_in_one_file() -> None:
    rows = read_gateways(f"gateway_id,name\n{ONE},a\n\n{ONE.upper()},b\n")
    assert [bool(row.faults) for row in rows] == [False, True]
    assert rows[1].line == 4


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "gateway_id,name\n", "gateway_id,name\n" + "x,y\n" * (MOST_ROWS + 1), "\0"]
)
def test_what_is_no_such_file(text: str) -> None:
    with pytest.raises(ValidationError):
        read_gateways(text)


def test_picture_is_no_file_of_gateways(staff: Client) -> None:
    with pytest.raises(ValidationError):
        file_text(b"\x81")
    page = staff.post(FILE, {"file": SimpleUploadedFile("g.csv", b"\x89PNG\r\n\x1a\n\xff\xfe")})
    assert page.status_code == 422
    assert staff.post(FILE, {}).status_code == 422


def test_template_is_a_file_that_can_be_taken(staff: Client) -> None:
    text = staff.get(reverse("admin:network_gateway_template")).content.decode()
    (row,) = read_gateways(text)
    assert row.faults == ()


def test_from_the_server(fake: FakeChirpStack, cast: Cast) -> None:
    server = NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)
    ours = GatewayFactory.create(gateway_id=ONE, name="私たちの名前")
    other = GatewayFactory.create(gateway_id=TWO, server=NetworkServerFactory.create())
    fake.add_gateway(ONE, "GW-1", latitude=36.69, longitude=137.21)
    fake.add_gateway(TWO, "GW-2")
    fake.add_gateway("0016c001f153a14e", "GW-3")
    seen = datetime(2026, 11, 1, tzinfo=UTC)
    fake.state.gateways[ONE].last_seen_at.FromDatetime(seen)
    taken = gateways_from_server(server=server, actor=cast.staff)
    assert (taken.new, taken.changed, taken.same, taken.left) == (1, 1, 0, 1)
    ours.refresh_from_db()
    assert (ours.name, ours.server, ours.last_seen_at) == ("私たちの名前", server, seen)
    assert ours.place is not None
    assert other.server != server
    again = gateways_from_server(server=server, actor=cast.staff)
    assert (again.new, again.changed, again.same) == (0, 0, 2)


def test_server_that_is_away_changes_nothing(fake: FakeChirpStack, cast: Cast, staff: Client) -> None:
    server = NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)
    fake.add_gateway(ONE, "GW-1")
    fake.fail("GatewayService/List", grpc.StatusCode.UNAVAILABLE, times=2)
    with pytest.raises(ServerAway):
        gateways_from_server(server=server, actor=cast.staff)
    url = reverse("admin:network_networkserver_connection", args=[server.pk])
    assert staff.post(url, {"act": "gateways"}).status_code == 302
    assert Gateway.objects.count() == 0
    assert staff.post(url, {"act": "gateways"}).status_code == 302
    assert Gateway.objects.count() == 1


def test_by_hand_with_a_place(staff: Client) -> None:
    add = reverse("admin:network_gateway_add")
    sent = {"gateway_id": "00:16:C0:01:F1:53:A1:4C", "name": "市役所", "state": "in_use", "latitude": "36.69"}
    assert staff.post(add, sent).status_code == 200
    assert staff.post(add, sent | {"longitude": "137.2"}).status_code == 302
    row = Gateway.objects.get(gateway_id=ONE)
    assert row.place is not None
    assert staff.post(add, sent | {"longitude": "137.2"}).status_code == 200
    change = reverse("admin:network_gateway_change", args=[row.pk])
    assert staff.post(change, {"name": "本庁", "state": "in_use", "gateway_id": TWO}).status_code == 302
    row.refresh_from_db()
    assert (row.gateway_id, row.name) == (ONE, "本庁")
    assert not row.place


def test_list_asks_as_often_for_many(staff: Client) -> None:
    """The frame of the admin asks too, for each app's work; only the rows are compared here."""
    url, asked = reverse("admin:network_gateway_changelist"), []
    for count in (1, 2):
        for _number in range(count):
            GatewayFactory.create(server=NetworkServerFactory.create())
        staff.get(url)
        with CaptureQueriesContext(connection) as queries:
            staff.get(url)
        asked.append(len(queries))
    assert asked[0] == asked[1]
