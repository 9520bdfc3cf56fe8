"""Servers: the token goes in and never out, and only to the address it was typed for."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core.errors import Conflict, InvalidInput
from apps.core.sealing import seal, unseal
from apps.network.domain import server_save, server_set_state, server_test
from apps.network.enums import ServerKind, ServerState
from apps.network.integrations.base import Refusal, ServerRefused
from apps.network.models import NetworkServer
from apps.network.rules import clean_address, clean_token
from apps.network.selectors import client_for, endpoint_of, kinds_offered
from tests.cast import Cast
from tests.factories.network import NetworkServerFactory
from tests.network.fake_chirpstack import TOKEN, FakeChirpStack
from tests.network.fake_tts import TOKEN as TTS_TOKEN
from tests.network.fake_tts import FakeThingsStack

pytestmark = pytest.mark.django_db
ADD = reverse("admin:network_networkserver_add")


def values(**changes: Any) -> dict[str, Any]:
    return {
        "name": "市のサーバー",
        "kind": "chirpstack",
        "address": "chirpstack.example.jp:8080",
        "use_tls": "on",
        "tenant": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
        "region": "AS923",
        "deadline_s": "5",
        "token": "first-secret-token",
        **changes,
    }


@pytest.fixture
def staff(cast: Cast, client: Client) -> Client:
    client.force_login(cast.staff)
    return client


def test_token_is_kept_sealed_and_shown_nowhere(staff: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert staff.post(ADD, values()).status_code == 302
    server = NetworkServer.objects.get()
    assert b"first-secret" not in bytes(server.token_encrypted or b"")
    assert unseal(bytes(server.token_encrypted or b""), settings.DEVICE_KEY_SECRETS) == b"first-secret-token"
    for name in ("change", "connection", "history"):
        page = staff.get(reverse(f"admin:network_networkserver_{name}", args=[server.pk]))
        assert page.status_code == 200
        assert "first-secret" not in page.content.decode()
    assert "first-secret" not in str(list(AuditEntry.objects.values()))
    assert "first-secret" not in caplog.text
    wrong = staff.post(ADD, values(name=""))
    assert "first-secret" not in wrong.content.decode()


@pytest.mark.parametrize(
    "changes", [{"address": "elsewhere.example:8080"}, {"use_tls": ""}, {"ca_certificate": "PEM"}]
)
def test_kept_token_never_goes_elsewhere(staff: Client, cast: Cast, changes: dict[str, str]) -> None:
    staff.post(ADD, values())
    server = NetworkServer.objects.get()
    url = reverse("admin:network_networkserver_change", args=[server.pk])
    assert staff.post(url, values(token="", **changes)).status_code == 200
    server.refresh_from_db()
    assert (server.address, server.use_tls) == ("chirpstack.example.jp:8080", True)
    for name, value in changes.items():
        setattr(server, name, bool(value) if name == "use_tls" else value)
    with pytest.raises(InvalidInput):
        server_save(server=server, actor=cast.staff)


def test_other_changes_keep_the_token(staff: Client) -> None:
    staff.post(ADD, values())
    server = NetworkServer.objects.get()
    kept = bytes(server.token_encrypted or b"")
    url = reverse("admin:network_networkserver_change", args=[server.pk])
    assert staff.post(url, values(name="別の名前", token="")).status_code == 302
    server.refresh_from_db()
    assert (server.name, bytes(server.token_encrypted or b"")) == ("別の名前", kept)


@pytest.mark.parametrize(
    "wrong", ["https://a.example:1", "a.example", "a.example:0", "a.example:70000", ":80", ""]
)
def test_address_is_host_and_port(wrong: str) -> None:
    with pytest.raises(ValidationError):
        clean_address(wrong)
    assert clean_address(" ChirpStack.example.jp:8080 ") == "chirpstack.example.jp:8080"


@pytest.mark.parametrize("wrong", ["two words", "日本語", "line\nend", "nul\0"])
def test_token_is_one_word(wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_token(wrong)
    assert wrong not in str(caught.value)
    assert clean_token(" Bearer abc ") == "abc"


def test_connection_is_tested_and_told_in_words(fake: FakeChirpStack, cast: Cast) -> None:
    server = NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)
    assert server_test(server=server, actor=cast.staff).ok
    server.refresh_from_db()
    assert server.reached_at
    assert server.fault == ""
    reached = server.reached_at
    server.tenant = "another"
    refused = server_test(server=server, actor=cast.staff)
    assert not refused.ok
    server.address = "127.0.0.1:1"
    away = server_test(server=server, actor=cast.staff)
    assert "127.0.0.1:1" in away.words
    server.refresh_from_db()
    assert server.reached_at == reached
    assert server.fault
    assert TOKEN not in server.fault


def test_token_that_cannot_be_read_and_unknown_kind() -> None:
    lost = NetworkServerFactory.build(token_encrypted=b"gAAAAA-not-ours")
    for server in (lost, NetworkServerFactory.build(token_encrypted=None)):
        with pytest.raises(ServerRefused) as caught:
            endpoint_of(server)
        assert caught.value.reason == Refusal.TOKEN
    with pytest.raises(ServerRefused):
        client_for(NetworkServerFactory.build(kind="unknown"))


def test_pause_and_use_again(cast: Cast, staff: Client) -> None:
    server = NetworkServerFactory.create()
    url = reverse("admin:network_networkserver_connection", args=[server.pk])
    assert staff.post(url, {"act": "paused"}).status_code == 302
    assert not NetworkServer.objects.active().exists()
    assert staff.get(url).context["paused"]
    with pytest.raises(Conflict):
        server_set_state(server=server, state=ServerState.PAUSED, actor=cast.staff)
    server_set_state(server=server, state=ServerState.ACTIVE, actor=cast.staff)
    assert NetworkServer.objects.active().exists()
    assert staff.post(url, {"act": "fly"}).status_code == 404


def test_a_server_that_only_posts_needs_no_token_and_is_not_called() -> None:
    server = NetworkServer(name="TTS", kind=ServerKind.TTS, address="tts.example.jp:443")
    server_save(server=server, actor=None)
    assert ServerKind.TTS in dict(kinds_offered())
    assert not NetworkServer.objects.active().exists()
    server_save(server=server, actor=None, token="NNSXS.A.B")
    assert NetworkServer.objects.active().exists()
    server.address = "elsewhere.example.jp:443"
    with pytest.raises(InvalidInput):  # what is kept does not go elsewhere
        server_save(server=server, actor=None)


def test_the_things_stack_is_tested_as_chirpstack_is(cast: Cast) -> None:
    with FakeThingsStack() as tts:
        token = seal(TTS_TOKEN.encode(), settings.DEVICE_KEY_SECRETS)
        values = {"kind": ServerKind.TTS, "address": tts.address, "tenant": "", "token_encrypted": token}
        server = NetworkServerFactory.create(**values)
        assert server_test(server=server, actor=cast.staff).ok
        server.tenant = "another"
        assert not server_test(server=server, actor=cast.staff).ok
