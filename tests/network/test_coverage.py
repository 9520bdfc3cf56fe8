"""“Can I try it here?”: what everyone may see, by name, code and numbers, as page, file and API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core import public_pages
from apps.network.domain.heard import cells_forget
from apps.network.models import CoverageCell
from apps.network.rules import ENOUGH, reach_of, square_asked
from apps.network.selectors.coverage import coverage_answer, public_gateways, public_squares
from apps.trials.models import Site
from tests.cast import Cast
from tests.factories.coverage import CoverageCellFactory
from tests.factories.network import GatewayFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
PAGE = reverse("network:coverage")
HERE, EAST, NORTH = "5537014711", "5537014712", "5537014713"


@pytest.mark.parametrize(
    ("text", "square"),
    [
        ("5537-01-47", "55370147"),
        ("5537-01-47-1-1", HERE),
        ("５５３７ ０１ ４７ １ １", HERE),
        ("36.7012, 137.2137", HERE),
        ("36.7012、137.2137".replace("、", " "), HERE),
        ("富山駅前", ""),
        ("", ""),
    ],
)
def test_a_place_by_code_or_numbers(text: str, square: str) -> None:
    assert square_asked(text) == square


@pytest.mark.parametrize("text", ["5537", "5537014799", "553701471", "137.2137, 36.7012", "48.86, 2.35"])
def test_what_looks_like_a_place_and_is_none(text: str) -> None:
    with pytest.raises(ValidationError):
        square_asked(text)


def test_reach_in_three_steps() -> None:
    assert reach_of(observations=0, best_rssi=None) == "unknown"
    assert reach_of(observations=30, best_rssi=-110) == "good"
    assert reach_of(observations=30, best_rssi=-111) == reach_of(observations=30, best_rssi=None) == "weak"


def test_an_answer_with_its_neighbours_and_its_kilometre() -> None:
    CoverageCellFactory.create()
    CoverageCellFactory.create(mesh=EAST, best_rssi=-118, observations=40)
    answer = coverage_answer(HERE)
    assert (answer.square.reach, answer.square.observations, answer.square.gateways) == ("good", 120, 2)
    assert [way for way, square in answer.around.items() if square.observations] == ["e"]
    assert answer.wide is not None
    assert (answer.wide.mesh, answer.wide.observations) == ("55370147", 160)
    empty = coverage_answer(NORTH)
    assert empty.best is empty.wide
    assert empty.near is not None
    assert (empty.near[0].mesh, empty.near[1]) == (HERE, 250)
    nowhere = coverage_answer("6441428811")
    assert (nowhere.best.reach, nowhere.near) == ("unknown", None)
    assert len(coverage_answer("0000000011").around) == 3


def test_what_a_trial_hides_is_in_no_public_square() -> None:
    """District: never in a 250 m square. Hidden: in none. Too few: in none, wherever."""
    CoverageCellFactory.create(shown="district", observations=500)
    CoverageCellFactory.create(mesh=EAST, shown="staff", observations=900)
    CoverageCellFactory.create(mesh=NORTH, observations=ENOUGH - 1)
    CoverageCellFactory.create(mesh="5537025811", observations=ENOUGH - 1, shown="district")
    assert [(square.mesh, square.observations) for square in public_squares()] == [
        ("55370147", 500 + ENOUGH - 1)
    ]
    assert list(public_squares(within=HERE)) == list(public_squares(size=250)) == []
    answer = coverage_answer(HERE)
    assert not answer.square.observations
    assert not any(square.observations for square in answer.around.values())
    assert answer.heard == []
    assert answer.best.size == 1000


def test_gateways_are_exact_only_when_the_city_says_so() -> None:
    GatewayFactory.create(name="本庁舎", is_public=True, place=Point(137.21373, 36.69591))
    GatewayFactory.create(name="秘密", place=Point(137.21373, 36.69591))
    GatewayFactory.create(name="秘密2", place=Point(137.2139, 36.6961))
    GatewayFactory.create(name="撤去", is_public=True, state="removed", place=Point(137.3, 36.6))
    GatewayFactory.create(name="どこか", is_public=True)
    named, about = public_gateways()
    assert (named.name, named.latitude, named.longitude) == ("本庁舎", 36.69591, 137.21373)
    assert (about.name, about.latitude, about.longitude) == ("", 36.695833, 137.21875)


def test_the_page_says_it_in_words(client: Client) -> None:
    CoverageCellFactory.create(observations=1234)
    page = client.get("/en" + PAGE, {"q": "5537-01-47-1-1"})
    text = page.content.decode()
    assert "Devices were received well here." in text
    assert "1,234" in text
    assert not page.cookies
    assert page["ETag"]
    assert (
        client.get("/en" + PAGE, {"q": "5537-01-47-1-1"}, headers={"If-None-Match": page["ETag"]}).status_code
        == 304
    )
    text = client.get("/en" + PAGE, {"latitude": "36.7032", "longitude": "137.2137"}).content.decode()
    assert "Within 1 km devices were received well." in text
    text = client.get("/en" + PAGE, {"q": "43.0687, 141.3508"}).content.decode()
    assert "That does not mean that it does not reach" in text


def test_a_place_by_its_name(client: Client) -> None:
    trial = TrialFactory.create()
    Site.objects.create(
        trial=trial, name="堀川町の消雪装置", point=Point(137.2137, 36.7012), precision="point"
    )
    Site.objects.create(trial=trial, name="堀川の用水路", point=Point(137.2306, 36.6838))
    Site.objects.create(trial=trial, name="堀川の隠れ家", point=Point(137.23, 36.68), precision="hidden")
    one = client.get(PAGE, {"q": "消雪装置"})
    assert one.context["answer"].square.mesh == HERE
    many = client.get(PAGE, {"q": "堀川"})
    assert [(name, square) for name, _about, square in many.context["offered"]] == [
        ("堀川の用水路", "55370128"),
        ("堀川町の消雪装置", HERE),
    ]
    for words in ("隠れ家", "ない場所", "5537", "\0", "9" * 400):
        page = client.get(PAGE, {"q": words})
        assert page.status_code == 200
        assert page.context["form"].errors


@pytest.mark.parametrize(
    "values",
    [
        {"latitude": "x", "longitude": "1e999"},
        {"latitude": "36.7"},
        {"latitude": "nan", "longitude": "137"},
        {"latitude": "48", "longitude": "2"},
        {"q": "5537014711", "page": "x"},
        {"page": "99"},
    ],
)
def test_odd_questions_are_answered(client: Client, values: dict[str, str]) -> None:
    assert client.get(PAGE, values).status_code == 200


def test_files_and_api_tell_the_same(client: Client) -> None:
    CoverageCellFactory.create()
    CoverageCellFactory.create(mesh=EAST, shown="staff")
    text = client.get(reverse("network:coverage-csv")).content.decode("utf-8-sig")
    assert [line.split(",")[:2] for line in text.splitlines()] == [
        ["mesh", "size_m"], ["55370147", "1000"], [HERE, "250"],
    ]  # fmt: skip
    features = client.get(reverse("network:coverage-geojson")).json()["features"]
    assert [len(feature["geometry"]["coordinates"][0]) for feature in features] == [5, 5]
    api = reverse("api-coverage-list")
    assert [row["mesh"] for row in client.get(api).json()] == ["55370147", HERE]
    assert [row["mesh"] for row in client.get(api, {"size_m": "250", "mesh": "5537-01"}).json()] == [HERE]
    assert client.get(api, {"mesh": HERE}).json()[0]["best_rssi_dbm"] == -97
    assert client.get(api, {"size_m": "500"}).status_code == 422
    assert client.get(api, {"mesh": "%"}).status_code == 422
    found = client.get(reverse("api-coverage-detail", args=[HERE])).json()
    assert (found["square"]["uplinks"], found["wide"]["mesh"], len(found["around"])) == (120, "55370147", 8)
    assert client.get(reverse("api-coverage-detail", args=["5537"])).status_code == 404


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}?q={HERE}", reverse("api-coverage-list")])
def test_pages_ask_as_often_for_many(client: Client, address: str) -> None:
    asked: list[int] = []
    squares: list[Any] = ["5537014711", "5537014722", "5537015811"]
    for count in (1, 2):
        for _number in range(count):
            CoverageCellFactory.create(mesh=squares.pop())
            GatewayFactory.create(is_public=True, place=Point(137.2 + len(squares) / 10, 36.7))
        public_pages.changed()
        client.get(address)
        public_pages.changed()
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_square_can_be_forgotten(cast: Cast, client: Client) -> None:
    cell = CoverageCellFactory.create()
    client.force_login(cast.staff)
    url = reverse("admin:network_coveragecell_delete", args=[cell.pk])
    cells_forget(cells=[], actor=cast.staff)
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert CoverageCell.objects.count() == 0
