"""SensorThings: what a key reads, how it is linked, paged, filtered and refused."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from apps.devices.models import Device
from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.kinds import SETS
from apps.telemetry.selectors.sta import asking
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory
from tests.telemetry.sta.conftest import Get, key_of, rolled, sent

TOYAMA = "POLYGON((137 36,138 36,138 37,137 37,137 36))"
ELSEWHERE = "POLYGON((0 0,1 0,1 1,0 1,0 0))"


def follow(get: Get, answer: dict[str, Any], key: str = "@iot.nextLink") -> list[dict[str, Any]]:
    """The pages after ``answer``."""
    pages = []
    while link := answer.get(key):
        path, _mark, query = link.partition("/api/sta/v1.1/")[2].partition("?")
        params = dict(part.split("=", 1) for part in query.split("&"))
        answer = get(path, **{unquote(name)[1:]: unquote(text) for name, text in params.items()}).json()
        pages.append(answer)
        key = "@iot.nextLink"
    return pages


def test_the_root_tells_sets_and_conformance_without_a_key(db: None) -> None:
    for address in ("/api/sta/v1.1", "/api/sta/v1.1/"):
        root = Client().get(address).json()
        assert [row["name"] for row in root["value"]] == list(SETS)
        assert {row["url"] for row in root["value"]} == {f"http://testserver/api/sta/v1.1/{s}" for s in SETS}
        assert (
            "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel"
            in (root["serverSettings"]["conformance"])
        )


def test_every_kind_of_link_leads_somewhere(get: Get, device: Device) -> None:
    seen, todo = set(), [f"http://testserver/api/sta/v1.1/{name}" for name in SETS]
    while todo:
        address = todo.pop()
        shape = re.sub(r"\('.*?'\)", "()", address)
        if shape in seen:
            continue
        seen.add(shape)
        answer = get(address.partition("/api/sta/v1.1/")[2])
        assert answer.status_code == 200, address
        body = answer.json()
        for row in body.get("value", [body])[:1]:
            todo += [text for name, text in row.items() if name.endswith("Link")]
    # Eight sets, an entity of each, and every link that one of them has.
    assert len(seen) == 8 + 8 + sum(len(kind.links) for kind in SETS.values())


def test_a_thing_a_datastream_and_an_observation_carry_what_the_standard_asks(
    get: Get, device: Device
) -> None:
    thing = get(f"Things('{device.pk}')").json()
    assert (thing["@iot.id"], thing["name"]) == (str(device.pk), "WL-01")
    assert thing["@iot.selfLink"] == f"http://testserver/api/sta/v1.1/Things('{device.pk}')"
    assert thing["properties"]["trial"] == "2025-101"
    stream = get(f"Datastreams('{device.pk}:level')").json()
    assert (stream["name"], stream["observationType"].rpartition("/")[2]) == ("WL-01 水位", "OM_Measurement")
    assert stream["unitOfMeasurement"] == {
        "name": "metre",
        "symbol": "m",
        "definition": "http://qudt.org/vocab/unit/M",
    }
    door = get(f"Datastreams('{device.pk}:door')").json()
    assert door["observationType"].endswith("OM_TruthObservation")
    assert door["unitOfMeasurement"] == {"name": None, "symbol": None, "definition": None}
    newest = get(f"Datastreams('{device.pk}:level')/Observations", top=1).json()["value"][0]
    assert (newest["phenomenonTime"], newest["result"]) == ("2026-11-01T00:50:00Z", 2.5)
    assert get(f"Observations('{newest['@iot.id']}')").json() == newest
    place = get(f"Things('{device.pk}')/Locations").json()["value"][0]
    assert place["location"] == {"type": "Point", "coordinates": [137.21, 36.69]}


def test_labels_and_units_follow_what_the_device_says_and_the_language(get: Get, device: Device) -> None:
    device.fields = {"level": {"label": "水路の深さ", "unit": "cm"}}
    device.save(update_fields=["fields"])
    stream = get(f"Datastreams('{device.pk}:level')").json()
    assert (stream["properties"]["label"], stream["unitOfMeasurement"]["symbol"]) == ("水路の深さ", "cm")


def test_addresses_of_properties_values_and_references(get: Get, device: Device) -> None:
    base = f"Things('{device.pk}')"
    assert get(f"{base}/name").json() == {"name": "WL-01"}
    assert get(f"{base}/name/$value").content.decode() == "WL-01"
    assert get(f"{base}/properties/trial").json() == {"trial": "2025-101"}
    assert get(f"{base}/properties/devEui/$value").content.decode() == device.dev_eui
    refs = get(f"{base}/Datastreams/$ref").json()["value"]
    assert [list(row) for row in refs] == [["@iot.selfLink"]] * 2
    stream = f"Datastreams('{device.pk}:level')"
    assert get(f"{stream}/Thing/name").json() == {"name": "WL-01"}
    assert get(f"{stream}/Thing/$ref").json()["@iot.selfLink"].endswith(base)
    assert get(f"{stream}/Sensor/metadata/maker").json() == {"maker": "みほん電機"}
    assert get(f"{stream}/ObservedProperty").json()["@iot.id"] == "level"
    assert get(f"{base}/{stream}").json()["@iot.id"] == f"{device.pk}:level"
    assert get("FeaturesOfInterest", select="id").json()["value"] == [{"@iot.id": str(device.pk)}]


def test_pages_hold_each_thing_once(get: Get, device: Device, second: Device) -> None:
    first = get("Things", top=1, count="true", orderby="name desc").json()
    assert (first["@iot.count"], [row["name"] for row in first["value"]]) == (2, ["WL-02"])
    [last] = follow(get, first)
    assert ([row["name"] for row in last["value"]], "@iot.nextLink" in last) == (["WL-01"], False)
    assert get("Things", top=0, count="true").json() == {"@iot.count": 2, "value": []}
    assert get("Things", skip=5).json() == {"value": []}


@pytest.mark.parametrize("order", ["phenomenonTime desc", "phenomenonTime asc", "resultTime,id"])
def test_pages_hold_each_observation_once_also_those_of_one_moment(
    order: str, get: Get, device: Device, second: Device
) -> None:
    sent(second, 10, {"level": 3})
    answer = get("Observations", top=4, orderby=order).json()
    pages = [answer, *follow(get, answer)]
    rows = [row for page in pages for row in page["value"]]
    assert [len(page["value"]) for page in pages] == [4, 4, 4, 3]
    assert len({row["@iot.id"] for row in rows}) == 15
    times = [row["phenomenonTime"] for row in rows]
    assert times == sorted(times, reverse=order.endswith("desc"))


def test_pages_of_one_datastream_and_what_is_skipped(get: Get, device: Device) -> None:
    path = f"Datastreams('{device.pk}:level')/Observations"
    answer = get(path, top=4, select="result", orderby="phenomenonTime asc").json()
    assert answer["value"] == [{"result": 0}, {"result": 0.5}, {"result": 1}, {"result": 1.5}]
    assert [row["value"] for row in follow(get, answer)] == [[{"result": 2}, {"result": 2.5}]]
    assert get(path, skip=5, select="result").json() == {"value": [{"result": 0}]}


def test_counts_come_from_rollups_and_from_readings_where_there_are_none(
    get: Get, device: Device, second: Device
) -> None:
    rolled(device, -1, level=[4, 0, 1, 2, 1])  # an hour whose readings the test did not make
    path = f"Datastreams('{device.pk}:%s')/Observations"
    assert get(path % "level", top=0, count="true").json()["@iot.count"] == 10
    assert get(path % "door", top=0, count="true").json()["@iot.count"] == 6
    assert get("Observations", top=0, count="true").json()["@iot.count"] == 10 + 6 + 2
    assert get(path % "level", top=0, count="true", filter="result gt 1").json()["@iot.count"] == 3


def test_expanded_observations_hang_on_their_own_datastream(get: Get, device: Device, second: Device) -> None:
    inner = "Observations($top=1;$orderby=phenomenonTime desc;$select=result)"
    things = get("Things", expand=f"Datastreams($expand={inner},ObservedProperty),Locations").json()["value"]
    assert [row["name"] for row in things] == ["WL-01", "WL-02"]
    got = {
        (thing["name"], stream["ObservedProperty"]["@iot.id"]): [
            row["result"] for row in stream["Observations"]
        ]
        for thing in things
        for stream in thing["Datastreams"]
    }
    assert got == {
        ("WL-01", "level"): [2.5],
        ("WL-01", "door"): [False],
        ("WL-02", "level"): [9],
        ("WL-02", "lamp"): ["on"],
    }
    assert [len(thing["Locations"]) for thing in things] == [1, 0]
    link = things[0]["Datastreams"][0]
    pages = follow(get, link, "Observations@iot.nextLink")
    assert [row["value"][0]["result"] for row in pages] == [2, 1.5, 1, 0.5, 0]


def test_expand_by_a_path_and_to_what_is_single(get: Get, device: Device) -> None:
    things = get("Things", expand="Datastreams/Sensor,Datastreams/Thing").json()["value"]
    stream = things[0]["Datastreams"][0]
    assert (stream["Sensor"]["name"], stream["Thing"]["name"]) == ("みほん電機 WL-20", "WL-01")
    newest = get("Observations", top=1, expand="Datastream($select=name),FeatureOfInterest").json()["value"][
        0
    ]
    assert newest["FeatureOfInterest"]["feature"]["coordinates"] == [137.21, 36.69]
    assert list(newest["Datastream"]) == ["name"]


FILTERS: list[tuple[str, str, int]] = [
    ("Things", "name eq 'WL-01'", 1),
    ("Things", "substringof('WL', name) and not endswith(name, '2')", 1),
    ("Things", "properties/trial eq '2025-101' and (name eq 'WL-01' or name eq 'WL-02')", 2),
    ("Things", "Datastreams/unitOfMeasurement/symbol eq 'm'", 2),
    ("Things", "Datastreams/properties/field eq 'lamp'", 1),
    ("Things", "Locations/name eq null", 1),
    ("Things", "properties/uplinkInterval add 1 gt 600", 2),
    ("Things", "name gt 5", 0),
    ("Locations", "location/type eq 'Point'", 1),
    (
        "Locations",
        "geo.intersects(location, geography'POLYGON((137 36,138 36,138 37,137 37,137 36))')",
        1,
    ),
    ("Locations", "geo.intersects(location, geography'POLYGON((0 0,1 0,1 1,0 1,0 0))')", 0),
    ("HistoricalLocations", "time lt now() add duration'PT1M'", 1),
    ("Datastreams", "startswith(name, 'WL-01') and ObservedProperty/id eq 'level'", 1),
    ("ObservedProperties", "Datastreams/Thing/name eq 'WL-02'", 2),
    ("Observations", "result gt 1", 4),
    ("Observations", "result eq true", 3),
    ("Observations", "result eq 'on'", 1),
    ("Observations", "not (result gt 1)", 10),
    ("Observations", "startswith(result, 'o')", 1),
    ("Observations", "phenomenonTime ge 2026-11-01T00:40:00Z", 4),
    ("Observations", "phenomenonTime ge 2026-11-01T09:40:00+09:00 and result ge 0", 2),
    ("Observations", "phenomenonTime ge 2026-11-01T09:40:00", 4),
    ("Observations", "during(phenomenonTime, 2026-11-01T00:10:00Z/2026-11-01T00:30:00Z)", 4),
    ("Observations", "phenomenonTime lt now() sub duration'P3650D'", 0),
    ("Observations", "Datastream/ObservedProperty/name eq '水位' and result lt 1", 2),
    ("Observations", "FeatureOfInterest/name eq '見本橋' and resultTime lt 2026-11-01T00:10:00Z", 2),
    ("Observations", "5 lt result", 1),
]


def test_filters(get: Get, device: Device, second: Device) -> None:
    for path, text, found in FILTERS:
        answer = get(path, filter=text, count="true").json()
        assert (answer.get("@iot.count"), len(answer.get("value", ()))) == (found, found), (text, answer)


BAD: list[tuple[str, dict[str, str], tuple[str, int | None]]] = [
    ("Things", {"filter": "name eq"}, ("/$filter", 7)),
    ("Things", {"filter": "name eq 'x"}, ("/$filter", 8)),
    ("Things", {"filter": "nmae eq 'x'"}, ("/$filter", 0)),
    ("Things", {"filter": "name eq 'x' und name eq 'y'"}, ("/$filter", 12)),
    ("Things", {"filter": "name eq 'a\x00'"}, ("/$filter", 10)),
    ("Things", {"filter": "foo(name)"}, ("/$filter", 0)),
    ("Things", {"filter": "(" * 100}, ("/$filter", 40)),
    ("Things", {"top": "-1"}, ("/$top", None)),
    ("Things", {"top": "１"}, ("/$top", None)),
    ("Things", {"skip": "9" * 30}, ("/$skip", None)),
    ("Things", {"count": "yes"}, ("/$count", None)),
    ("Things", {"orderby": "name up"}, ("/$orderby", 0)),
    ("Things", {"select": "name,nothing"}, ("/$select", 5)),
    ("Things", {"expand": "Sensor"}, ("/$expand", 0)),
    ("Things", {"expand": "Datastreams($expand=Observations("}, ("/$expand", 33)),
    ("Things", {"expand": "Datastreams($top=x)"}, ("/$top", None)),
    ("Things", {"apply": "x"}, ("/$apply", None)),
    ("", {"top": "1"}, ("/$top", None)),
    ("Things", {"skiptoken": "x"}, ("/$skiptoken", None)),
    ("Observations", {"skiptoken": "!"}, ("/$skiptoken", None)),
    ("Observations", {"orderby": "result"}, ("/$orderby", 0)),
    ("Observations", {"filter": "parameters/rssi gt 1"}, ("/$filter", 16)),
    ("Observations", {"filter": "phenomenonTime gt 2026-02-31"}, ("/$filter", 18)),
    ("Observations", {"filter": "phenomenonTime gt 9999-12-31T23:59:59-23:59"}, ("/$filter", 18)),
    ("Observations", {"skip": "9000000"}, ("/$skip", None)),
    ("Locations", {"filter": "geo.intersects(location, geography'BLOB')"}, ("/$filter", 25)),
]


def test_a_bad_option_is_told_with_its_place(get: Get, device: Device) -> None:
    for path, options, place in BAD:
        answer = get(path, **options)
        assert answer.status_code == 400, (options, answer.content)
        body = answer.json()
        [row] = body["errors"]
        assert (row["pointer"], row.get("position")) == place, options
        assert body["message"] == body["detail"] == row["detail"]


def test_options_of_sets_are_refused_for_one(get: Get, device: Device) -> None:
    assert get(f"Things('{device.pk}')", top=1).status_code == 400
    assert get(f"Things('{device.pk}')", select="name").json() == {"name": "WL-01"}


NOWHERE = [
    "Nothing",
    "Things('x')",
    "Things('00000000-0000-0000-0000-000000000000')",
    "Things('%00')",
    "Things(",
    "Things/Datastreams",
    "Things/$value",
    "Observations('1:2:3')",
    "Observations('00000000-0000-0000-0000-000000000000:99999999999999999:level')",
    "Datastreams('x:level')",
    "Datastreams('é')/Thing",
    "/".join(["Things"] * 30),
    "$ref",
    "x" * 3000,
]


def test_what_is_not_there_is_not_found(get: Get, device: Device) -> None:
    got = {path[:80]: get(path).status_code for path in NOWHERE}
    assert got == dict.fromkeys(got, 404)


def test_another_companys_things_are_nowhere(get: Get, device: Device, theirs: Device, cast: Cast) -> None:
    other = key_of(cast.other)
    for name in SETS:
        text = get(name, key=other).content.decode()
        assert str(device.pk) not in text, name
    [reading] = get("Observations", key=other).json()["value"]
    for path in (
        f"Things('{theirs.pk}')",
        f"Locations('{theirs.pk}')",
        f"HistoricalLocations('{theirs.pk}')",
        f"FeaturesOfInterest('{theirs.pk}')",
        f"FeaturesOfInterest('{theirs.pk}')/Observations",
        f"Datastreams('{theirs.pk}:level')",
        f"Datastreams('{theirs.pk}:level')/Observations",
        f"Sensors('{theirs.model_id}')",
        f"Observations('{reading['@iot.id']}')",
        f"Datastreams('{device.pk}:level')/Observations('{reading['@iot.id']}')",
    ):
        assert get(path).status_code == 404, path
    assert get(f"Observations('{reading['@iot.id']}')", key=other).status_code == 200
    hidden = get("Observations", filter=f"id eq '{reading['@iot.id']}'", count="true").json()
    assert hidden == {"@iot.count": 0, "value": []}


def test_a_page_token_of_another_company_shows_only_ones_own(
    get: Get, device: Device, theirs: Device, cast: Cast
) -> None:
    sent(theirs, 2, {"level": 78})
    link = get("Observations", key=key_of(cast.other), top=1).json()["@iot.nextLink"]
    mine = get("Observations", skiptoken=unquote(link.rpartition("skiptoken=")[2]))
    assert {row["result"] for row in mine.json()["value"]} <= {0, True, 0.5}


def test_a_key_sees_its_trials_and_needs_the_scope(get: Get, device: Device, cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization, code="2025-102")
    limited = key_of(cast.organization, trials=[trial])
    assert get("Things", key=limited).json() == {"value": []}
    assert get(f"Datastreams('{device.pk}:level')/Observations", key=limited).status_code == 404
    assert get("Things", key=key_of(cast.organization, ("read:devices",))).status_code == 403
    assert get("Things", key=None).status_code == 401
    assert Client().post("/api/sta/v1.1/Things", {}).status_code in (401, 405)


def test_odd_names_of_values_are_addressed_all_the_same(get: Get, device: Device) -> None:
    odd = "it's 50%/水:温 &#?+"
    sent(device, 61, {odd: 1, "": 2})
    rows = get("Datastreams", filter="startswith(properties/field, 'it')").json()["value"]
    [row] = rows
    path = row["@iot.selfLink"].partition("/api/sta/v1.1/")[2]
    assert Client().get(row["Observations@iot.navigationLink"]).status_code == 401
    assert get(path).json()["@iot.id"] == f"{device.pk}:{odd}"
    assert get(f"{path}/Observations").json()["value"][0]["result"] == 1


def test_a_value_sent_long_ago_keeps_its_datastream(get: Get, device: Device) -> None:
    sent(device, 1, {"old": "x"})
    for number in range(25):
        sent(device, 100 + number, {"level": 1})
    stream = f"Datastreams('{device.pk}:old')"
    assert [row["result"] for row in get(f"{stream}/Observations").json()["value"]] == ["x"]
    pk = get(f"{stream}/Observations", select="id").json()["value"][0]["@iot.id"]
    device.fields = {"old": {}, "never": {}}
    device.save(update_fields=["fields"])
    rows = get("Datastreams", expand="Observations($top=1;$count=true)").json()["value"]
    found = {row["properties"]["field"]: row for row in rows}
    assert found["level"]["Observations"][0]["result"] == 1
    for name, results in {"old": ["x"], "never": []}.items():
        assert found[name]["Observations"] == []
        [page] = follow(get, found[name], "Observations@iot.nextLink")
        assert [row["result"] for row in page["value"]] == results
        assert page["@iot.count"] == len(results)
    assert get(f"Observations('{pk}')/Datastream").json()["@iot.id"] == f"{device.pk}:old"


def test_nothing_decoded_is_no_observation(get: Get, device: Device) -> None:
    for number, values in enumerate((None, {"level": None}, [1, "level"], "level", 5)):
        sent(device, 70 + number, values)
    rows = get(f"Datastreams('{device.pk}:level')/Observations", count="true", filter="result ne 'x'").json()
    assert (rows["@iot.count"], len(rows["value"])) == (6, 6)
    assert get("Datastreams").json()["value"][0]["@iot.id"] == f"{device.pk}:level"


@pytest.mark.parametrize("more", [0, 2])
def test_a_tree_asks_the_same_number_of_queries(
    more: int, get: Get, device: Device, second: Device, django_assert_num_queries
) -> None:
    for _number in range(more):
        sent(DeviceFactory.create(trial=device.trial), 3, {"level": 1})
    tree = (
        "Datastreams($count=true;$expand=Observations($top=2;$count=true),Sensor,ObservedProperty),Locations"
    )
    get("Things")  # notes the key's use, at most once a minute
    with django_assert_num_queries(QUERIES):
        assert len(get("Things", expand=tree, count="true").json()["value"]) == 2 + more


#: Key, its trials, devices; names, page and counts each in a transaction with its patience; settings.
QUERIES = 16


def test_what_takes_too_long_is_refused_in_words(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", "20ms")
    with pytest.raises(BadOption) as refused, asking.patience() as cursor:
        cursor.execute("SELECT pg_sleep(2)")
    assert refused.value.code == "too_much"
