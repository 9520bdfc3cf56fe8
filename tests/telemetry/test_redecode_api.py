"""Decoding stored uplinks again by API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.redecode import redecode_job
from apps.telemetry.models import Redecode, Uplink
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory, OwnModelFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event

pytestmark = pytest.mark.django_db
LEVEL = "function decodeUplink(i) { return { data: { level: i.bytes[0] / 100 } }; }"


@pytest.fixture
def device(cast: Cast) -> Device:
    model = OwnModelFactory.create(organization=cast.organization)
    return DeviceFactory.create(trial__organization=cast.organization, model=model)


@pytest.fixture
def call(cast: Cast, device: Device) -> Any:
    scopes = ["read:devices", "write:devices"]
    _key, token = api_key_create(organization=cast.organization, actor=None, name="k", scopes=scopes)

    def _call(end: str = "", data: Any = None, method: str = "get") -> Any:
        body = {} if data is None else {"data": data}
        return getattr(Client(), method)(
            f"/api/v1/device-models/{device.model_id}/redecodes{end}",
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
            **body,
        )

    return _call


def stored(device: Device, payload: bytes) -> None:
    partitions.forget()
    now = clock.now()
    event = uplink_event(device, data=payload, time=now)
    with CodecRunner() as runner:
        store_batch(messages=[Incoming(topic_of(device), encoded(event), now)], runner=runner)


def test_what_came_before_the_codec_is_decoded_by_api(call: Any, device: Device) -> None:
    stored(device, b"\x78")
    since = {"since": (clock.now() - timedelta(days=1)).isoformat()}
    none = call("", since, "post")
    assert (none.status_code, none.json()["code"]) == (409, "conflict")
    CodecVersionFactory.create(model=device.model, script=LEVEL)
    made = call("", since, "post")
    told = made.json()
    assert (made.status_code, told["state"], told["version"], told["total"]) == (202, "waiting", 1, 1)
    assert made["Location"].endswith(f"/redecodes/{told['id']}")
    again = call("", since, "post")
    assert (again.status_code, again.json()["code"]) == (409, "under_way")
    while redecode_job({"redecode": told["id"]}):
        pass
    now = call(f"/{told['id']}").json()
    assert (now["state"], now["seen"], now["changed"], now["failed"]) == ("done", 1, 1, 0)
    assert call().json()["results"] == [now]
    assert Uplink.objects.get().values == {"level": 1.2}
    assert call(f"/{told['id']}/stop", method="post").status_code == 409


def test_it_is_stopped_and_a_moment_to_come_is_refused(call: Any, device: Device) -> None:
    CodecVersionFactory.create(model=device.model, script=LEVEL)
    wrong = call("", {"since": "2999-01-01T00:00:00Z"}, "post")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/since")
    assert call("", {"since": "x"}, "post").json()["errors"][0]["pointer"] == "/since"
    made = call("", {"since": "0001-01-02T00:00:00Z"}, "post").json()
    assert call(f"/{made['id']}/stop", method="post").json()["state"] == "stopped"
    assert Redecode.objects.get().state == "stopped"


def test_a_list_asks_as_much_for_one_as_for_three(
    call: Any, device: Device, django_assert_num_queries: Any
) -> None:
    codec = CodecVersionFactory.create(model=device.model, script=LEVEL)
    call()
    for more in (1, 2):
        for _ in range(more):
            Redecode.objects.create(codec=codec, since=clock.now())
        with django_assert_num_queries(3):
            answer = call()
    assert len(answer.json()["results"]) == 3
