"""The parser of ChirpStack events: what it reads, and that nothing but its own error comes out of it."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.telemetry.integrations.chirpstack import MalformedEvent, Uplink, kind_of, load, uplink_of
from tests.factories.telemetry import encoded, topic_of, uplink_event

DEV_EUI = "70b3d57ed0060001"
TOPIC = topic_of(DEV_EUI)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
#: A busy machine is slow to begin with; that says nothing of the parser.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200)
FIELDS = sorted(uplink_event(DEV_EUI))


def parsed(**changes: Any) -> Uplink:
    return uplink_of(TOPIC, load(encoded({**uplink_event(DEV_EUI), **changes})))


def survives(topic: str, payload: bytes) -> None:
    with contextlib.suppress(MalformedEvent):
        kind_of(topic)
        uplink = uplink_of(topic, load(payload))
        assert uplink.time.tzinfo is not None
        assert 0 <= uplink.f_cnt < 2**32


def test_an_event_of_the_documented_shape_is_read() -> None:
    uplink = parsed(time="2026-11-01T00:00:00.123456789+00:00", data="CRdkDhA=")
    assert uplink.time == datetime(2026, 11, 1, 0, 0, 0, 123456, UTC)
    assert uplink.data == bytes.fromhex("0917640e10")
    assert (uplink.rssi, uplink.snr, uplink.gateway_count, uplink.dr) == (-97, 5.5, 2, 2)


def test_an_absent_number_is_zero_and_unknown_fields_are_ignored() -> None:
    event = uplink_event(DEV_EUI)
    for name in ("fCnt", "fPort", "dr", "data", "object", "rxInfo", "txInfo", "adr", "confirmed", "devAddr"):
        del event[name]
    uplink = uplink_of(TOPIC, {**event, "new": {"x": 1}})
    assert (uplink.f_cnt, uplink.f_port, uplink.dr, uplink.data, uplink.rx) == (0, 0, 0, b"", [])
    assert (uplink.rssi, uplink.snr, uplink.frequency) == (None, None, None)


def test_in_a_gateway_an_absent_rssi_is_zero() -> None:
    uplink = parsed(rxInfo=[{"gatewayId": "0016c001f153a14c", "location": {}}])
    assert (uplink.rssi, uplink.snr, uplink.gateway_count) == (0, 0.0, 1)


@pytest.mark.parametrize("dev_eui", [DEV_EUI.upper(), DEV_EUI])
def test_the_devices_name_may_be_in_capitals(dev_eui: str) -> None:
    info = {**uplink_event(DEV_EUI)["deviceInfo"], "devEui": dev_eui}
    assert parsed(deviceInfo=info).dev_eui == DEV_EUI


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01T09:00:00+09:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00:00.5Z", datetime(2026, 11, 1, 0, 0, 0, 500000, UTC)),
        ("2026-11-01T00:00:00.1234567Z", datetime(2026, 11, 1, 0, 0, 0, 123456, UTC)),
    ],
)
def test_times_are_read_as_rfc_3339_writes_them(text: str, expected: datetime) -> None:
    assert parsed(time=text).time == expected


def test_an_event_under_the_topic_of_another_device_is_refused() -> None:
    with pytest.raises(MalformedEvent, match="differs"):
        uplink_of(topic_of("0102030405060708"), uplink_event(DEV_EUI))


@pytest.mark.parametrize("topic", ["", "application/a/device/x/event/up", f"gateway/{DEV_EUI}/event/up"])
def test_a_topic_of_another_shape_is_refused(topic: str) -> None:
    with pytest.raises(MalformedEvent):
        kind_of(topic)


@patient
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3))
def test_any_json_in_any_field_is_read_or_refused(changes: dict[str, Any]) -> None:
    survives(TOPIC, encoded({**uplink_event(DEV_EUI), **changes}))


@patient
@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    survives(TOPIC, encoded(value))


@patient
@given(st.text(max_size=60), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(topic: str, payload: bytes) -> None:
    survives(topic, payload)


def test_mutated_events_are_read_or_refused() -> None:
    chance = random.Random(20261101)
    whole = encoded(uplink_event(DEV_EUI))
    for _ in range(3000):
        piece = bytearray(whole)
        for _change in range(chance.randint(1, 6)):
            at = chance.randrange(len(piece))
            match chance.randrange(3):
                case 0:
                    piece[at] = chance.randrange(256)
                case 1:
                    del piece[at : at + chance.randint(1, 30)]
                case _:
                    piece[at:at] = piece[at : at + chance.randint(1, 30)]
        survives(TOPIC, bytes(piece))
