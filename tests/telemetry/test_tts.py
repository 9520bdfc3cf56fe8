"""Messages of The Things Stack in the shapes that everything else knows; garbage is named as such."""

from __future__ import annotations

import json
import random
import uuid
from datetime import timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.telemetry.integrations.chirpstack import MalformedEvent, Note, Uplink
from apps.telemetry.integrations.events import dev_eui_in, event_of, http_topic
from tests.factories.tts import tts_event, tts_uplink

EUI = "70b3d57ed0060001"
TOPIC = http_topic(uuid.UUID(int=1), "tts", "")


def read(event: dict[str, Any]) -> Uplink | Note:
    return event_of(TOPIC, json.dumps(event).encode())


def test_tts_uplink_keeps_its_id_on_every_delivery() -> None:
    event = tts_uplink(EUI, data=b"\x01\x02", f_cnt=7)
    first, again = read(event), read({**event, "correlation_ids": ["as:another"]})
    assert isinstance(first, Uplink)
    assert first == again
    assert (first.dev_eui, first.f_cnt, first.data, first.dr, first.gateway_count) == (
        EUI,
        7,
        b"\x01\x02",
        2,
        2,
    )
    assert first.rx[0]["gatewayId"] == "0016c001f153a14c"
    assert first.rx[0]["location"]["latitude"] == 36.69
    later = read(tts_uplink(EUI, f_cnt=8))
    assert isinstance(later, Uplink)
    assert later.deduplication_id != first.deduplication_id


def test_tts_frame_counter_that_is_left_out_is_zero() -> None:
    event = read(tts_uplink(EUI, f_cnt=0))
    assert isinstance(event, Uplink)
    assert event.f_cnt == 0


@pytest.mark.parametrize(
    ("kind", "part", "expected"),
    [
        ("join_accept", {"session_key_id": "AXA5", "app_s_key": {"key": "SECRET"}}, ("join", "")),
        ("downlink_ack", {"f_cnt": 4, "correlation_ids": ["machitry:one"]}, ("ack", "")),
        ("downlink_nack", {"f_cnt": 4}, ("ack", "")),
        ("downlink_sent", {"f_cnt": 4, "frm_payload": "U0VDUkVU"}, ("txack", "")),
        ("downlink_failed", {"error": {"message_format": "no gateway"}}, ("log", "DOWNLINK_GATEWAY")),
        ("downlink_queued", {"frm_payload": "U0VDUkVU"}, ("other", "DOWNLINK_QUEUED")),
        ("downlink_queue_invalidated", {"downlinks": [{"f_cnt": 1}]}, ("other", "QUEUE_INVALIDATED")),
        ("location_solved", {"location": {"latitude": 36.7, "longitude": 137.2}}, ("location", "")),
        ("service_data", {"service": "x", "data": {"a": "SECRET"}}, ("other", "SERVICE")),
    ],
)
def test_tts_tells_what_became_of_joins_and_downlinks(
    kind: str, part: dict[str, Any], expected: tuple[str, str]
) -> None:
    note = read(tts_event(EUI, kind, part))
    assert isinstance(note, Note)
    assert (note.kind, note.code) == expected
    assert "SECRET" not in str(note.data)
    assert "U0VDUkVU" not in str(note.data)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"end_device_ids": {"dev_eui": EUI}},
        {**tts_uplink(EUI), "simulated": True},
        {**tts_uplink(EUI), "end_device_ids": {"device_id": "x"}},
        tts_uplink(EUI, frm_payload="%"),
        tts_uplink(EUI, f_port=-1),
        tts_uplink(EUI, received_at="yesterday"),
    ],
)
def test_tts_garbage_is_malformed(event: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        read(event)


def test_tts_mutated_messages_never_crash() -> None:
    rng, whole = random.Random(7), json.dumps(tts_uplink(EUI, time=clock.now() - timedelta(minutes=1)))
    odd = ["null", "[]", "{}", "-1", "1e999", '"\\u0000"', "true", '"x"', "1.5"]
    read_as: set[str] = set()
    for _ in range(2000):
        text = whole
        for _turn in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice([*odd, text[at : at + 9], ""]) + text[at + rng.randint(0, 12) :]
        try:
            read_as.add(type(event_of(TOPIC, text.encode())).__name__)
        except MalformedEvent:
            read_as.add("dead")
            dev_eui_in(TOPIC, text.encode())
    assert "dead" in read_as
