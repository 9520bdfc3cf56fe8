"""A public client (frost-sta-client) reads the service over HTTP: things, datastreams, pages of readings."""

from __future__ import annotations

from typing import Any

import frost_sta_client as fsc
import pytest
from frost_sta_client.service.auth_handler import AuthHandler
from requests import PreparedRequest
from requests.exceptions import HTTPError

from apps.devices.models import Device
from tests.cast import Cast
from tests.telemetry.sta.conftest import key_of


class BearerHandler(AuthHandler):
    """The client's place for credentials, with a key."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    def add_auth_header(self) -> Any:
        def sign(request: PreparedRequest) -> PreparedRequest:
            request.headers["Authorization"] = f"Bearer {self.key}"
            return request

        return sign


#: The client uses old names of its own libraries.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def service(live_server: Any, key: str) -> fsc.SensorThingsService:
    return fsc.SensorThingsService(f"{live_server.url}/api/sta/v1.1", auth_handler=BearerHandler(key))


def test_sensorthings_client_reads_things_datastreams_and_pages_of_observations(
    transactional_db: None, live_server: Any, cast: Cast, device: Device, second: Device, theirs: Device
) -> None:
    sta = service(live_server, key_of(cast.organization))
    things = sta.things().query().orderby("name", "ASC").expand("Datastreams,Locations").count().list()
    assert (things.count, [thing.name for thing in things]) == (2, ["WL-01", "WL-02"])
    first = things.get(0)
    assert first.locations.get(0).location["coordinates"] == [137.21, 36.69]
    streams = {row.properties["field"]: row for row in first.datastreams}
    level = streams["level"]
    unit = level.unit_of_measurement
    assert (unit.symbol, unit.name) == ("m", "metre")

    pages = level.get_observations().query().orderby("phenomenonTime", "ASC").top(2).count().list()
    assert (pages.count, len(pages.entities)) == (6, 2)
    assert [row.result for row in pages] == [0, 0.5, 1, 1.5, 2, 2.5]
    assert pages.entities[0].phenomenon_time == "2026-11-01T00:00:00Z"

    again = sta.datastreams().find(level.id)
    assert (again.id, again.name) == (level.id, "WL-01 水位")
    one = sta.observations().find(pages.entities[-1].id)
    assert one.result == 2.5
    late = "result gt 1 and phenomenonTime ge 2026-11-01T00:40:00Z"
    assert len(sta.observations().query().filter(late).list().entities) == 2

    with pytest.raises(HTTPError) as refused:
        sta.things().query().filter("nmae eq 'x'").list()
    assert refused.value.response.status_code == 400
    with pytest.raises(HTTPError) as absent:
        sta.things().find(str(theirs.pk))
    assert absent.value.response.status_code == 404
