"""The ChirpStack client against real gRPC: what the API makes easy to get wrong."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from apps.network.integrations.base import DeviceSpec, Endpoint, Refusal, ServerAway, ServerRefused
from apps.network.integrations.chirpstack import calls
from apps.network.integrations.chirpstack.client import ChirpStackClient
from tests.network.certificates import certificate_of_its_own
from tests.network.fake_chirpstack import TOKEN, ZEROS, FakeChirpStack

EUI, JOIN = "70b3d57ed0060001", "0000000000000001"
KEY, OTHER = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"


def _endpoint(fake: FakeChirpStack, **values: Any) -> Endpoint:
    base = Endpoint(address=fake.address, token=TOKEN, tenant=fake.tenant, use_tls=False, deadline_s=2)
    return replace(base, **values)


@pytest.fixture
def client(fake: FakeChirpStack) -> Iterator[ChirpStackClient]:
    with ChirpStackClient(_endpoint(fake)) as found:
        yield found


@pytest.fixture
def spec(fake: FakeChirpStack, client: ChirpStackClient) -> DeviceSpec:
    return DeviceSpec(
        application_id=client.application_ensure("2026-015"),
        profile_id=fake.add_profile(),
        dev_eui=EUI,
        join_eui=JOIN,
        name="WL-01",
        app_key=KEY,
    )


def test_ping_says_who_answers(fake: FakeChirpStack, client: ChirpStackClient) -> None:
    client.application_ensure("2026-001")
    answer = client.ping()
    assert (answer.version, answer.applications) == ("4.20.0", 1)
    fake.version = ""  # an older server, or a key that may not ask
    assert client.ping().version == ""


@pytest.mark.parametrize(
    ("values", "reason"), [({"token": "wrong"}, Refusal.TOKEN), ({"tenant": "another"}, Refusal.TOKEN)]
)
def test_wrong_token_or_tenant_is_refused(fake: FakeChirpStack, values: dict, reason: Refusal) -> None:
    with ChirpStackClient(_endpoint(fake, **values)) as client, pytest.raises(ServerRefused) as caught:
        client.ping()
    assert caught.value.reason == reason
    assert "wrong" not in str(caught.value)


def test_nobody_listens_or_answers_late(fake: FakeChirpStack) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ChirpStackClient(_endpoint(fake, address=f"127.0.0.1:{port}")) as gone, pytest.raises(ServerAway):
        gone.ping()
    fake.latency["ApplicationService/List"] = 0.6
    with (
        ChirpStackClient(_endpoint(fake, deadline_s=0.2)) as slow,
        pytest.raises(ServerAway, match="DEADLINE"),
    ):
        slow.ping()


def test_tls_to_a_plain_port_is_away(fake: FakeChirpStack) -> None:
    with ChirpStackClient(_endpoint(fake, use_tls=True)) as client, pytest.raises(ServerAway):
        client.ping()


def test_tls_with_an_authority_of_its_own() -> None:
    private, certificate = certificate_of_its_own()
    with FakeChirpStack(tls=(private, certificate)) as fake:
        known = _endpoint(fake, use_tls=True, ca_certificate=certificate.decode())
        with ChirpStackClient(known) as client:
            assert client.ping().version == "4.20.0"
        for wrong in (_endpoint(fake, use_tls=True), _endpoint(fake)):
            with ChirpStackClient(wrong) as client, pytest.raises(ServerAway):
                client.ping()


def test_secrets_stay_out_of_representations(fake: FakeChirpStack, spec: DeviceSpec) -> None:
    assert TOKEN not in repr(_endpoint(fake))
    assert KEY not in repr(spec)


def test_application_is_made_once_and_its_name_is_matched_whole(
    fake: FakeChirpStack, client: ChirpStackClient
) -> None:
    longer = client.application_ensure("2026-0150")
    first = client.application_ensure("2026-015")
    assert first != longer
    assert client.application_ensure("2026-015") == first
    assert len(fake.named("ApplicationService/Create")) == 2


def test_device_and_key_in_the_right_field(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec
) -> None:
    client.device_put(spec)
    assert fake.state.keys[EUI].nwk_key == KEY  # 1.0.x: the AppKey
    assert fake.state.keys[EUI].app_key == ZEROS
    remote = client.device(EUI)
    assert remote is not None
    assert (remote.name, remote.join_eui, remote.disabled, remote.has_keys) == ("WL-01", JOIN, False, True)
    newer = replace(spec, dev_eui="70b3d57ed0060002", lorawan_version="1.1", nwk_key=OTHER)
    client.device_put(newer)
    stored = fake.state.keys[newer.dev_eui]
    assert (stored.nwk_key, stored.app_key) == (OTHER, KEY)


@pytest.mark.parametrize(
    "values",
    [
        {"app_key": ""},
        {"app_key": ZEROS},
        {"app_key": "0011"},
        {"dev_eui": ""},
        {"lorawan_version": "1.1", "nwk_key": ""},
    ],
)
def test_what_would_be_stored_as_zeros_is_refused_before_any_call(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec, values: dict
) -> None:
    fake.calls.clear()
    with pytest.raises(ServerRefused) as caught:
        client.device_put(replace(spec, **values))
    assert fake.calls == []
    assert KEY not in str(caught.value)


def test_again_changes_nothing(fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec) -> None:
    client.device_put(spec)
    fake.calls.clear()
    client.device_put(spec)
    assert [name for name, _ in fake.calls] == ["DeviceService/Get", "DeviceService/GetKeys"]


def test_update_keeps_what_others_wrote(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec
) -> None:
    client.device_put(spec)
    stored = fake.state.devices[EUI]
    stored.description = "by hand"
    stored.tags["theirs"] = "1"
    stored.variables["v"] = "2"
    client.device_put(replace(spec, name="WL-01b", tags={"trial": "2026-015"}, app_key=OTHER))
    client.device_disable(EUI, True)
    stored = fake.state.devices[EUI]
    assert (stored.name, stored.description, stored.is_disabled) == ("WL-01b", "by hand", True)
    assert dict(stored.tags) == {"theirs": "1", "trial": "2026-015"}
    assert (dict(stored.variables), stored.join_eui) == ({"v": "2"}, JOIN)
    assert fake.state.keys[EUI].nwk_key == OTHER


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
@pytest.mark.parametrize("after", [False, True])
def test_keys_fail_then_the_device_is_taken_back(
    fake: FakeChirpStack,
    client: ChirpStackClient,
    spec: DeviceSpec,
    code: grpc.StatusCode,
    after: bool,
) -> None:
    fake.fail("DeviceService/CreateKeys", code, after=after)
    with pytest.raises(ServerAway):
        client.device_put(spec)
    assert (fake.state.devices, fake.state.keys) == ({}, {})
    client.device_put(spec)
    assert fake.state.keys[EUI].nwk_key == KEY


def test_crash_between_device_and_keys_is_mended_by_the_next_try(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec
) -> None:
    fake.crash_before("DeviceService/CreateKeys")
    with pytest.raises(ServerAway):
        client.device_put(spec)
    assert EUI in fake.state.devices
    assert EUI not in fake.state.keys
    fake.recover()
    remote = client.device(EUI)
    assert remote is not None
    assert remote.has_keys is False
    client.device_put(spec)
    assert fake.state.keys[EUI].nwk_key == KEY


def test_lost_answer_of_create_is_mended_by_the_next_try(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec
) -> None:
    fake.fail("DeviceService/Create", grpc.StatusCode.DEADLINE_EXCEEDED, after=True)
    with pytest.raises(ServerAway):
        client.device_put(spec)
    client.device_put(spec)
    assert fake.state.keys[EUI].nwk_key == KEY


def test_anothers_device_is_never_touched(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec
) -> None:
    client.device_put(spec)
    elsewhere = replace(spec, application_id=client.application_ensure("2026-016"), app_key=OTHER)
    with pytest.raises(ServerRefused) as caught:
        client.device_put(elsewhere)
    assert caught.value.reason == Refusal.EXISTS
    fake.fail("DeviceService/Get", grpc.StatusCode.NOT_FOUND, times=2)  # of another tenant: not shown
    with pytest.raises(ServerRefused) as caught:
        client.device_put(spec)
    assert caught.value.reason == Refusal.EXISTS
    assert fake.state.keys[EUI].nwk_key == KEY
    assert fake.named("DeviceService/Delete") == []


def test_refused_create_leaves_nothing(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec
) -> None:
    fake.fail("DeviceService/Create", grpc.StatusCode.PERMISSION_DENIED, details="read-only key")
    with pytest.raises(ServerRefused, match="read-only key"):
        client.device_put(spec)
    assert fake.state.devices == {}


def test_delete_of_what_is_gone_is_done(client: ChirpStackClient, spec: DeviceSpec) -> None:
    client.device_put(spec)
    client.device_delete(EUI)
    client.device_delete(EUI)
    assert client.device(EUI) is None
    with pytest.raises(ServerRefused) as caught:
        client.device_disable(EUI, True)
    assert caught.value.reason == Refusal.NOT_FOUND


def test_lists_come_whole_over_several_pages(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PAGE", 2)
    for number in range(5):
        client.device_put(replace(spec, dev_eui=f"70b3d57ed006000{number}"))
    fake.state.seen["70b3d57ed0060001"] = datetime(2026, 11, 1, tzinfo=UTC)
    rows = {row.dev_eui: row for row in client.devices(spec.application_id)}
    assert len(rows) == 5
    assert rows["70b3d57ed0060001"].last_seen_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert rows["70b3d57ed0060001"].disabled is None  # a list does not say
    assert [row.limit for row in fake.named("DeviceService/List")] == [2, 2, 2]


def test_gateways_and_profiles(fake: FakeChirpStack, client: ChirpStackClient) -> None:
    fake.add_gateway("0016c001f153a14c", "市役所", latitude=36.69, longitude=137.21, altitude=30)
    fake.add_gateway("0016c001f153a14d", "北支所")
    fake.add_profile("AS923 1.0.3", region=7, mac_version=3)
    first, second = client.gateways()
    assert (first.latitude, first.longitude, first.altitude_m) == (36.69, 137.21, 30)
    assert (second.latitude, second.longitude) == (None, None)  # zeros are no place
    (profile,) = client.profiles()
    assert (profile.region, profile.lorawan_version) == ("AS923", "1.0.3")


def test_downlink_is_queued_once_though_its_answer_was_lost(
    fake: FakeChirpStack, client: ChirpStackClient, spec: DeviceSpec
) -> None:
    client.device_put(spec)
    until = datetime(2026, 11, 1, tzinfo=UTC)
    values: dict[str, Any] = {"f_port": 2, "data": b"\x01", "confirmed": True, "id": str(uuid.uuid4())}
    fake.fail("DeviceService/Enqueue", grpc.StatusCode.DEADLINE_EXCEEDED, after=True)
    with pytest.raises(ServerAway):
        client.downlink_queue(EUI, expires_at=until, **values)
    name = client.downlink_queue(EUI, expires_at=until, **values)
    (item,) = fake.state.queue
    assert (item.id, item.f_port, item.data, item.confirmed) == (name, 2, b"\x01", True)
    assert item.expires_at.ToDatetime(UTC) == until
    # The same bytes of another moment are another downlink.
    other = client.downlink_queue(EUI, expires_at=until + timedelta(seconds=1), **values)
    assert [item.id for item in fake.state.queue] == [name, other]
    with pytest.raises(ServerRefused):
        client.downlink_queue(EUI, f_port=0, data=b"")
