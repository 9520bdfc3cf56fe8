"""The client of The Things Stack against real HTTP: four registries that know nothing of each other."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.network.integrations.base import DeviceSpec, Endpoint, Refusal, ServerAway, ServerRefused
from apps.network.integrations.tts import calls, client
from apps.network.integrations.tts.client import CORRELATION, ThingsStackClient
from apps.telemetry.integrations import tts as events
from tests.network.certificates import certificate_of_its_own
from tests.network.fake_tts import TOKEN, FakeThingsStack

EUI, JOIN = "70b3d57ed0060001", "0000000000000001"
KEY, OTHER = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
APP = "machitry-2026-c01"
PROFILE = "AS_920_923_LBT/1.0.3/PHY_V1_0_3_REV_A/A"
WHOLE = ["is", "js", "ns", "as"]


@pytest.fixture
def tts() -> Iterator[FakeThingsStack]:
    with FakeThingsStack() as server:
        yield server


def _endpoint(tts: FakeThingsStack, **values: Any) -> Endpoint:
    base = Endpoint(address=tts.address, token=TOKEN, use_tls=False, deadline_s=3)
    return replace(base, **values)


@pytest.fixture
def stack(tts: FakeThingsStack) -> Iterator[ThingsStackClient]:
    client._HINTS.clear()
    with ThingsStackClient(_endpoint(tts)) as found:
        yield found


@pytest.fixture
def spec(stack: ThingsStackClient) -> DeviceSpec:
    return DeviceSpec(
        application_id=stack.application_ensure("2026-C01"),
        profile_id=PROFILE,
        dev_eui=EUI,
        join_eui=JOIN,
        name="WL-01",
        app_key=KEY,
    )


def test_ping_says_whose_applications_there_are(tts: FakeThingsStack, stack: ThingsStackClient) -> None:
    stack.application_ensure("2026-C01")
    assert (stack.ping().tenant, stack.ping().applications) == ("city", 1)
    with ThingsStackClient(_endpoint(tts, tenant="city")) as named:
        assert named.ping().tenant == "city"


@pytest.mark.parametrize("values", [{"token": "wrong"}, {"tenant": "another"}, {"tenant": "user:../x"}])
def test_wrong_token_or_tenant_is_refused(tts: FakeThingsStack, values: dict[str, str]) -> None:
    with ThingsStackClient(_endpoint(tts, **values)) as found, pytest.raises(ServerRefused) as caught:
        found.ping()
    assert caught.value.reason == Refusal.TOKEN
    assert "wrong" not in str(caught.value)


def test_a_key_of_one_application_is_not_enough(tts: FakeThingsStack) -> None:
    tts.holder = {"application_ids": {"application_id": APP}}
    with ThingsStackClient(_endpoint(tts)) as found, pytest.raises(ServerRefused, match="application’s key"):
        found.ping()


def test_nobody_listens_or_answers_late(tts: FakeThingsStack) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        ThingsStackClient(_endpoint(tts, address=f"127.0.0.1:{port}")) as gone,
        pytest.raises(ServerAway),
    ):
        gone.ping()
    tts.latency["GET auth_info"] = 0.6
    with (
        ThingsStackClient(_endpoint(tts, deadline_s=0.2)) as slow,
        pytest.raises(ServerAway, match="DEADLINE"),
    ):
        slow.ping()
    with ThingsStackClient(_endpoint(tts, use_tls=True)) as plain, pytest.raises(ServerAway):
        plain.ping()


def test_tls_with_an_authority_of_its_own(tmp_path: Path) -> None:
    private, certificate = certificate_of_its_own()
    both = tmp_path / "both.pem"
    both.write_bytes(private + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    with FakeThingsStack(tls=context) as tts:
        known = _endpoint(tts, use_tls=True, ca_certificate=certificate.decode())
        with ThingsStackClient(known) as found:
            assert found.ping().applications == 0
        with ThingsStackClient(_endpoint(tts, use_tls=True)) as unknown, pytest.raises(ServerAway):
            unknown.ping()
        with pytest.raises(ServerRefused, match="certificate"):
            ThingsStackClient(_endpoint(tts, use_tls=True, ca_certificate="none"))


def test_token_and_keys_are_not_logged(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    stack.device_put(spec)
    tts.fail("GET search", 500)
    with pytest.raises(ServerAway):
        stack.device(EUI)
    assert TOKEN not in caplog.text
    assert KEY not in caplog.text.lower()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>a proxy</html>"),
        (404, b"<html>a proxy</html>"),
        (200, b"[]"),
        (429, None),
        (500, None),
        (503, None),
    ],
)
def test_what_is_no_answer_is_asked_again_later(
    tts: FakeThingsStack, stack: ThingsStackClient, status: int, body: bytes | None
) -> None:
    tts.fail("GET auth_info", status, body=body)
    with pytest.raises(ServerAway):
        stack.ping()


def test_the_way_to_another_address_is_not_followed(tts: FakeThingsStack, stack: ThingsStackClient) -> None:
    with FakeThingsStack() as elsewhere:
        there = f"http://{elsewhere.address}/api/v3/auth_info"
        tts.fail("GET auth_info", 307, body=b"{}", headers={"Location": there})
        with pytest.raises(ServerAway, match="307"):
            stack.ping()
        assert elsewhere.calls == []


def test_words_of_the_server_hold_no_secret(tts: FakeThingsStack, stack: ThingsStackClient) -> None:
    body = f'{{"code": 3, "message": "error:pkg/x:bad (key {KEY} of {TOKEN} is bad)"}}'.encode()
    tts.fail("GET auth_info", 400, body=body)
    with pytest.raises(ServerRefused) as caught:
        stack.ping()
    assert str(caught.value) == "key … of … is bad"


def test_an_application_is_made_once_by_an_id_the_server_takes(
    tts: FakeThingsStack, stack: ThingsStackClient
) -> None:
    assert stack.application_ensure("2026-C01") == stack.application_ensure("2026-C01") == APP
    assert len(tts.named("POST applications")) == 1
    assert tts.state.applications[APP]["name"] == "2026-C01"
    tts.state.deleted.add("machitry-2026-002")
    with pytest.raises(ServerRefused, match="deleted") as caught:
        stack.application_ensure("2026-002")
    assert caught.value.reason == Refusal.EXISTS
    for name in ("", "試験", "x" * 40):
        with pytest.raises(ServerRefused):
            stack.application_ensure(name)


def test_a_device_stands_in_all_four(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    stack.device_put(replace(spec, name="水" * 80))  # longer than the server takes
    stack.device_put(replace(spec, tags={"Trial": "2026-C01"}))
    assert tts.records(EUI) == WHOLE
    place = (APP, f"eui-{EUI}")
    devices = tts.state.devices
    assert devices["js"][place]["root_keys"] == {"app_key": {"key": KEY.upper()}}
    assert devices["is"][place]["ids"]["dev_eui"] == EUI.upper()
    assert devices["ns"][place]["lorawan_version"] == "MAC_V1_0_3"
    assert devices["ns"][place]["frequency_plan_id"] == "AS_920_923_LBT"
    assert devices["is"][place]["network_server_address"] == "127.0.0.1"
    found = stack.device(EUI)
    assert found is not None
    assert (found.name, found.profile_id, found.application_id) == ("WL-01", PROFILE, APP)
    assert (found.join_eui, found.disabled, found.has_keys) == (JOIN, False, True)
    assert found.tags["trial"] == "2026-C01"
    assert [row.dev_eui for row in stack.devices(APP)] == [EUI]


def test_1_1_has_both_keys_and_a_profile_of_its_own(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    newer = replace(
        spec,
        lorawan_version="1.1",
        nwk_key=OTHER,
        profile_id="AS_920_923_LBT/1.1/PHY_V1_1_REV_B/C",
    )
    stack.device_put(newer)
    js, ns = tts.state.devices["js"], tts.state.devices["ns"]
    place = (APP, f"eui-{EUI}")
    assert js[place]["root_keys"] == {"app_key": {"key": KEY.upper()}, "nwk_key": {"key": OTHER.upper()}}
    assert ns[place]["supports_class_c"] is True
    stack.device_put(spec)  # the model was corrected: the second key goes
    assert js[place]["root_keys"] == {"app_key": {"key": KEY.upper()}}
    assert "supports_class_c" not in ns[place]
    with pytest.raises(ServerRefused, match="LoRaWAN"):
        stack.device_put(replace(spec, profile_id=newer.profile_id))


@pytest.mark.parametrize(
    "values",
    [
        {"app_key": ""},
        {"app_key": "0" * 32},
        {"app_key": "12"},
        {"dev_eui": ""},
        {"join_eui": ""},
        {"lorawan_version": "1.1"},
        {"profile_id": "sample"},
        {"profile_id": "AS_920_923_LBT/1.0.3/../A"},
    ],
)
def test_what_makes_no_device_is_not_sent(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec, values: dict[str, Any]
) -> None:
    with pytest.raises(ServerRefused):
        stack.device_put(replace(spec, **values))
    assert tts.records(EUI) == []


@pytest.mark.parametrize("call", ["PUT js", "PUT ns", "PUT as"])
@pytest.mark.parametrize("after", [False, True])
def test_all_four_or_none(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec, call: str, after: bool
) -> None:
    tts.fail(call, 400 if not after else 503, after=after)
    with pytest.raises((ServerRefused, ServerAway)):
        stack.device_put(spec)
    assert tts.records(EUI) == []
    stack.device_put(spec)
    assert tts.records(EUI) == WHOLE


@pytest.mark.parametrize(("call", "left"), [("PUT js", 1), ("PUT ns", 2), ("PUT as", 3)])
def test_a_crash_between_is_mended_by_the_repeat(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec, call: str, left: int
) -> None:
    tts.crash_before(call)
    with pytest.raises(ServerAway):
        stack.device_put(spec)
    assert len(tts.records(EUI)) == left
    tts.recover()
    found = stack.device(EUI)
    assert found is not None
    assert not found.has_keys
    stack.device_put(spec)
    assert tts.records(EUI) == WHOLE
    mended = stack.device(EUI)
    assert mended is not None
    assert mended.has_keys


def test_a_lost_answer_is_no_second_device(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    tts.fail("POST is", 503, after=True)
    with pytest.raises(ServerAway):
        stack.device_put(spec)
    stack.device_put(spec)
    assert tts.records(EUI) == WHOLE
    assert len(tts.named("POST is")) == 1


def test_only_what_differs_is_written_again(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    stack.device_put(spec)
    tts.calls.clear()
    stack.device_put(spec)
    assert {name.split()[0] for name, _path, _body in tts.calls} == {"GET"}
    stack.device_put(replace(spec, name="WL-02", app_key=OTHER))
    assert [name for name, _path, _body in tts.calls if not name.startswith("GET")] == ["PUT is", "PUT js"]
    found = stack.device(EUI)
    assert found is not None
    assert found.name == "WL-02"


def test_a_device_moves_only_from_where_it_may(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    stack.device_put(spec)
    there = replace(spec, application_id=stack.application_ensure("2026-002"))
    with pytest.raises(ServerRefused) as caught:
        stack.device_put(there)
    assert caught.value.reason == Refusal.EXISTS
    stack.device_put(replace(there, move_from=frozenset({APP})))
    found = stack.device(EUI)
    assert found is not None
    assert found.application_id == "machitry-2026-002"
    assert {place[0] for rows in tts.state.devices.values() for place in rows} == {"machitry-2026-002"}


def test_a_device_made_by_hand_is_taken_over_under_its_name(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    tts.add_device(APP, "by-hand", EUI, JOIN)
    stack.device_put(spec)
    assert all(list(rows) == [(APP, "by-hand")] for rows in tts.state.devices.values())
    stack.device_put(replace(spec, join_eui="0000000000000002"))  # it cannot be changed there: made anew
    assert all(list(rows) == [(APP, f"eui-{EUI}")] for rows in tts.state.devices.values())


def test_somebody_elses_device_stays(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    tts.add_device("not-visible", "theirs", EUI, JOIN)
    with pytest.raises(ServerRefused, match="Someone else") as caught:
        stack.device_put(spec)
    assert caught.value.reason == Refusal.EXISTS
    assert ("not-visible", "theirs") in tts.state.devices["is"]


def test_an_application_that_is_gone_is_not_found(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    gone = replace(spec, application_id="machitry-gone")
    for act in (lambda: stack.device_put(gone), lambda: list(stack.devices("machitry-gone"))):
        with pytest.raises(ServerRefused) as caught:
            act()
        assert caught.value.reason == Refusal.NOT_FOUND


def test_disabled_is_unknown_to_the_network_server_and_keeps_its_keys(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    stack.device_put(spec)
    for _again in range(2):
        stack.device_disable(EUI, True)
        assert tts.records(EUI) == ["is", "js", "as"]
    found = stack.device(EUI)
    assert found is not None
    assert (found.disabled, found.has_keys, found.profile_id) == (True, True, PROFILE)
    stack.device_disable(EUI, False)
    assert tts.records(EUI) == WHOLE
    stack.device_put(replace(spec, disabled=True))
    assert tts.records(EUI) == ["is", "js", "as"]
    with pytest.raises(ServerRefused):
        stack.device_disable("70b3d57ed0060099", True)


def test_deleting_goes_on_where_it_stopped(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    stack.device_put(spec)
    tts.fail("DELETE js", 503)
    with pytest.raises(ServerAway):
        stack.device_delete(EUI)
    assert tts.records(EUI) == ["is", "js"]
    for _again in range(2):
        stack.device_delete(EUI)
        assert tts.records(EUI) == []
    assert stack.device(EUI) is None


def test_a_downlink_comes_back_by_our_own_id(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    assert CORRELATION == events.CORRELATION
    stack.device_put(spec)
    name = "3f0c2a91-0000-4000-8000-000000000001"
    tts.fail("POST push", 503, after=True)
    with pytest.raises(ServerAway):
        stack.downlink_queue(EUI, f_port=2, data=b"\x01\x02", confirmed=True, id=name)
    for _again in range(2):
        assert stack.downlink_queue(EUI, f_port=2, data=b"\x01\x02", confirmed=True, id=name) == name
    queued = tts.state.queue[APP, f"eui-{EUI}"]
    assert len(queued) == 1
    assert (queued[0]["f_port"], queued[0]["frm_payload"], queued[0]["confirmed"]) == (2, "AQI=", True)
    told = {
        "end_device_ids": {"dev_eui": EUI.upper()},
        "received_at": "2026-11-21T00:00:00Z",
        "downlink_ack": queued[0],
    }
    note = events.event_of(told)
    assert isinstance(note, events.Note)
    assert note.data["queueItemId"] == name
    assert stack.downlink_queue(EUI, f_port=2, data=b"\x01") != name
    for port in (0, 224):
        with pytest.raises(ServerRefused):
            stack.downlink_queue(EUI, f_port=port, data=b"")
    with pytest.raises(ServerRefused):
        stack.downlink_queue("70b3d57ed0060099", f_port=1, data=b"")


def test_profiles_are_what_the_server_can_do_here(tts: FakeThingsStack, stack: ThingsStackClient) -> None:
    found = {row.profile_id: row for row in stack.profiles()}
    assert found[PROFILE].lorawan_version == "1.0.3"
    assert "AS_920_923_LBT/1.0.4/RP002_V1_0_3/C" in found
    assert all(name.startswith("AS_920_923_LBT/") and len(name) <= 64 for name in found)
    with ThingsStackClient(_endpoint(tts, region="EU868")) as europe:
        assert {row.region for row in europe.profiles()} == {"EU_863_870"}
    with ThingsStackClient(_endpoint(tts, region="nowhere")) as anywhere:
        assert {row.region for row in anywhere.profiles()} == {"AS_923", "EU_863_870"}


def test_gateways_with_their_last_time(
    tts: FakeThingsStack, stack: ThingsStackClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        place = {"latitude": 36.7, "longitude": 137.2, "altitude": 20} if number else {}
        tts.state.gateways.append(
            {
                "ids": {"gateway_id": f"gw-{number}", "eui": f"0016C001F15300{number:02}"},
                "name": f"中継局{number}",
                "antennas": [{"location": place}],
            }
        )
    tts.state.stats["gw-1"] = {
        "connected_at": "2026-11-20T00:00:00Z",
        "last_uplink_received_at": "2026-11-21T00:00:00.123456789Z",
    }
    monkeypatch.setattr(calls, "PAGE", 2)
    first, second, third = stack.gateways()
    assert (first.gateway_id, first.latitude, first.last_seen_at) == ("0016c001f1530000", None, None)
    assert (second.latitude, second.longitude, second.altitude_m) == (36.7, 137.2, 20)
    assert second.last_seen_at == datetime(2026, 11, 21, 0, 0, 0, 123456, tzinfo=UTC)
    assert third.name == "中継局2"
    tts.fail("POST stats", 403)
    assert [row.last_seen_at for row in stack.gateways()][1] is None


def test_a_device_is_looked_for_where_it_was_found(
    tts: FakeThingsStack, stack: ThingsStackClient, spec: DeviceSpec
) -> None:
    stack.device_put(spec)
    for number in range(5):
        stack.application_ensure(f"2025-00{number}")
    with ThingsStackClient(_endpoint(tts)) as another:
        tts.calls.clear()
        assert another.device(EUI) is not None
        assert len(tts.named("GET search")) == 1
        tts.state.devices["is"].clear()
        assert another.device(EUI) is None
