"""Positions inside mask zones: dropped before storage, raw included; then searched for everywhere."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection

from apps.calls.enums import PersonalData
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import BatchResult, Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.enums import DeadLetterReason, DecodeState
from apps.telemetry.models import DeadLetter, DeviceCondition, DeviceLatest, MaskZone, Uplink
from apps.telemetry.rules.masks import Zone, unreadable, without_positions, zones_hit, zones_hit_raw
from tests.factories.calls import ApplicationFactory
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.organizations import OrganizationFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.factories.tts import tts_event, tts_uplink
from tests.traces import everything_stored

HOME = (36.701234, 137.215678)
#: 20 m from it, and 300 m.
INSIDE, OUTSIDE = (36.701345, 137.215789), (36.703934, 137.215678)
DOOR = "6b0c9a3e-4f0e-4d8e-9f55-2f3ac0f4d1c7"
ZONE = Zone(*HOME, 50)
TRACKER = """
function decodeUplink(input) {
  var view = new DataView(new Uint8Array(input.bytes).buffer);
  var lat = view.getInt32(0, true) / 1e6, lng = view.getInt32(4, true) / 1e6;
  var position = { latitude: lat, longitude: lng };
  return { data: { position: position, text: lat + "," + lng, battery: input.bytes[8] },
           warnings: ["at " + lat + " " + lng] };
}
"""


def payload(place: tuple[float, float], battery: int = 87) -> bytes:
    return struct.pack("<iiB", round(place[0] * 1e6), round(place[1] * 1e6), battery)


@pytest.mark.parametrize(
    "value",
    [
        {"latitude": INSIDE[0], "longitude": INSIDE[1]},
        {"gps": {"y": INSIDE[0], "x": INSIDE[1]}},
        {"coordinates": [INSIDE[1], INSIDE[0]]},
        {"lat": 367013450, "lon": 1372157890},
        {"lat": "36.701345", "lng": "137.215789"},
        {"link": "https://maps.example/?q=36.701345,137.215789"},
        {"nmea": "$GPGGA,0,3642.0807,N,13712.9473,E"},
        {"dms": "36°42'4.84\"N 137°12'56.84\"E"},
    ],
)
def test_masks_find_a_position_however_it_is_written(value: Any) -> None:
    assert zones_hit(value, [ZONE]) == [ZONE]
    assert without_positions({**value, "battery": 87, "moving": True}, [ZONE]) == {
        "battery": 87,
        "moving": True,
    }


@pytest.mark.parametrize(
    "value",
    [
        {"latitude": OUTSIDE[0], "longitude": OUTSIDE[1]},
        {"latitude": INSIDE[0], "temperature": 21.5},
        {"level": 1.2, "uptime": 372157, "id": "0016c001f153a14c"},
        {"deep": [[[[]]]]},
    ],
)
def test_masks_leave_what_lies_elsewhere(value: Any) -> None:
    assert zones_hit(value, [ZONE]) == []


def test_masks_find_a_position_in_what_was_sent() -> None:
    assert zones_hit_raw(b"\x01\x02" + payload(INSIDE), [ZONE])
    assert zones_hit_raw(struct.pack(">ff", *INSIDE), [ZONE])
    assert zones_hit_raw(b"36.701345,137.215789", [ZONE])
    assert not zones_hit_raw(payload(OUTSIDE), [ZONE])
    assert not zones_hit_raw(bytes(range(240)), [ZONE])
    assert unreadable({"place": {"geohash": "xn3m4q"}})


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    partitions.forget()
    with CodecRunner() as runner:
        yield runner


@pytest.fixture
def tracker() -> Device:
    """A tracker of a trial with personal data and one zone."""
    application = ApplicationFactory.create(
        personal_data=PersonalData.YES, organization=OrganizationFactory.create()
    )
    device = DeviceFactory.create(
        trial=TrialFactory.create(application=application, organization=application.organization),
        model=CodecVersionFactory.create(script=TRACKER).model,
    )
    MaskZone.objects.create(trial=device.trial, centre=Point(HOME[1], HOME[0], srid=4326), radius_m=50)
    return device


def up(device: Device, place: tuple[float, float], **changes: Any) -> Incoming:
    event = uplink_event(device, data=payload(place), **changes)
    event["object"] = {"latitude": place[0], "longitude": place[1]}
    return Incoming(topic_of(device), encoded(event), clock.now())


def location(device: Device, place: tuple[float, float]) -> Incoming:
    whole = uplink_event(device)
    event = {name: whole[name] for name in ("deduplicationId", "time", "deviceInfo")}
    event["location"] = {"latitude": place[0], "longitude": place[1], "source": "GNSS", "accuracy": 3.0}
    return Incoming(topic_of(device, "location"), encoded(event), clock.now())


#: Every way in which the place could be written down: text, its digits, raw, base64, hexadecimal.
TRACES = [
    "36.7013", "137.2157", "367013", "1372157",
    payload(INSIDE)[:8].hex(), base64.b64encode(payload(INSIDE)[:6]).decode(),
]  # fmt: skip


def kept() -> str:
    """The zones themselves are left out."""
    return everything_stored(but=["telemetry_maskzone"])


def traces_in(text: str) -> list[str]:
    low = text.lower()
    found = [trace for trace in TRACES if trace.lower() in low]
    # Payloads kept as bytes are shown as hexadecimal: look for texts in that form as well.
    return found + [trace for trace in TRACES if trace.encode().hex() in low]


@pytest.mark.django_db
def test_masks_leave_no_trace_of_a_position_in_any_table_or_log(
    tracker: Device, runner: CodecRunner, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    broken = up(tracker, INSIDE)
    cut = Incoming(broken.topic, broken.payload[:-30], clock.now())
    elsewhere = Incoming(f"http/{DOOR}/chirpstack/up", cut.payload, clock.now())
    late = up(tracker, INSIDE, time=clock.now().replace(year=2020))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE telemetry_uplink ADD CONSTRAINT no_five CHECK (f_port <> 5)")
    refused = up(tracker, INSIDE, fPort=5)
    by_http = Incoming(f"http/{DOOR}/chirpstack/up", up(tracker, INSIDE).payload, clock.now())
    body = tts_uplink(tracker, data=payload(INSIDE), decoded_payload={"lat": INSIDE[0], "lng": INSIDE[1]})
    webhook = Incoming(f"http/{DOOR}/tts/", encoded(body), clock.now())
    solved = tts_event(
        tracker, "location_solved", {"location": {"latitude": INSIDE[0], "longitude": INSIDE[1]}}
    )
    messages = [up(tracker, INSIDE), location(tracker, INSIDE), cut, elsewhere, late, refused]
    messages += [by_http, webhook, Incoming(f"http/{DOOR}/tts/", encoded(solved), clock.now())]
    result = store_batch(messages=messages, runner=runner)
    assert result == BatchResult(stored=3, noted=2, dead=4)
    assert {bytes(one.data) for one in Uplink.objects.all()} == {b""}
    row = Uplink.objects.all()[0]
    assert (row.decode_state, row.values, bytes(row.data), row.warnings) == (
        DecodeState.MASKED, {"battery": 87}, b"", None,
    )  # fmt: skip
    assert DeviceLatest.objects.get().values == {"battery": 87}
    assert not DeviceCondition.objects.filter(location__isnull=False).exists()
    assert {letter.withheld for letter in DeadLetter.objects.all()} == {True}
    reasons = {letter.reason for letter in DeadLetter.objects.all()}
    assert reasons == {DeadLetterReason.MALFORMED, DeadLetterReason.FAILED}
    assert traces_in(kept()) == []
    written = capfd.readouterr()
    assert traces_in(written.out + written.err + caplog.text) == []


@pytest.mark.django_db
def test_masks_search_would_find_what_was_kept(tracker: Device, runner: CodecRunner) -> None:
    """The same without a zone: the search above is not blind."""
    MaskZone.objects.all().delete()
    store_batch(messages=[up(tracker, INSIDE), location(tracker, INSIDE)], runner=runner)
    found = traces_in(kept())
    assert {"36.7013", "137.2157", payload(INSIDE)[:8].hex()} <= set(found)


@pytest.mark.django_db
def test_masks_keep_a_position_outside_and_trials_without_the_flag(
    tracker: Device, runner: CodecRunner
) -> None:
    store_batch(messages=[up(tracker, OUTSIDE)], runner=runner)
    row = Uplink.objects.get()
    assert (row.decode_state, bytes(row.data)) == (DecodeState.DECODED, payload(OUTSIDE))
    Uplink.objects.all().delete()
    application = tracker.trial.application
    assert application is not None
    application.personal_data = PersonalData.NO
    application.save()
    store_batch(messages=[up(tracker, INSIDE)], runner=runner)
    assert bytes(Uplink.objects.get().data) == payload(INSIDE)


@pytest.mark.django_db
def test_masks_keep_no_payload_that_nobody_can_read(tracker: Device, runner: CodecRunner) -> None:
    tracker.model = None
    tracker.save()
    store_batch(messages=[up(tracker, OUTSIDE)], runner=runner)
    row = Uplink.objects.get()
    assert (row.decode_state, row.values, bytes(row.data)) == (DecodeState.MASKED, None, b"")
