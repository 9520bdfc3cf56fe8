"""The connection to a receiver: what it refuses, what it survives. Real sockets, names by a hook."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.telemetry.integrations import web
from apps.telemetry.integrations.web import Answer, Policy, Sender
from apps.telemetry.integrations.web_address import BadAddress, is_open, target_of
from tests.loops import in_a_loop
from tests.receivers import Got, Receiver, receiver
from tests.services import free_port

HOME = ipaddress.ip_network("127.0.0.1/32")
OTHER = ipaddress.ip_network("127.0.0.2/32")
NAME = "receiver.example.jp"


def post(url: str, *networks: Any, plain: bool = True) -> Answer:
    sender = Sender(Policy(networks, plain))
    try:
        return in_a_loop(sender.post(url, b"{}", {"webhook-id": "1"}))
    finally:
        sender.close()


class Names:
    """In place of the name server: each look-up gets the next answer, the last one stays."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0
        real = socket.getaddrinfo

        def look_up(host: Any, port: Any, *more: Any, **words: Any) -> Any:
            if host != NAME:
                return real(host, port, *more, **words)
            self.asked += 1
            found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if not found:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_an_answer_is_kept_and_cut() -> None:
    with receiver() as here:
        here.answer = "届".encode() + b"x" * 100_000
        answer = post(here.url + "?a=1", HOME)
    assert (answer.status, answer.error, answer.is_success) == (200, "", True)
    assert answer.text.startswith("届xxx")
    assert len(answer.text) < 4097
    assert here.got[0].path == "/hook?a=1"
    assert here.got[0].headers["content-type"] == "application/json"
    assert here.got[0].headers["host"] == here.url.removeprefix("http://").partition("/")[0]
    assert answer.request_headers["webhook-id"] == "1"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_this_machine_is_not_followed(status: int) -> None:
    with receiver() as inside, receiver() as here:
        here.status, here.headers = status, {"location": inside.url}
        answer = post(here.url, HOME)
    assert (answer.status, answer.is_success) == (status, False)
    assert not inside.got


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127.0.0.1.",
    ],
)
def test_no_way_of_writing_reaches_this_machine(host: str) -> None:
    with receiver() as here:
        answer = post(here.url.replace("127.0.0.1", host))
    assert (answer.status, answer.error) == (None, "private")
    assert not here.got


def test_a_name_that_turns_private_at_the_second_look_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only 127.0.0.2 counts as public here; each message asks once and goes to what was checked."""
    names = Names(monkeypatch, ["127.0.0.2"], ["127.0.0.1"])
    port = free_port()
    with receiver("127.0.0.2", port=port) as outside, receiver("127.0.0.1", port=port) as inside:
        url = f"http://{NAME}:{port}/hook"
        first, second = post(url, OTHER), post(url, OTHER)
    assert (first.status, names.asked) == (200, 2)
    assert outside.got[0].headers["host"] == f"{NAME}:{port}"
    assert (second.error, len(outside.got), len(inside.got)) == ("private", 1, 0)


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    with receiver("127.0.0.2") as here:
        answer = post(here.url.replace("127.0.0.2", NAME), OTHER)
    assert (answer.error, here.got) == ("private", [])


def test_an_unknown_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, [])
    assert post(f"http://{NAME}/", HOME).error == "name"


def test_what_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence, and an answer that comes letter by letter."""
    monkeypatch.setattr(web, "WHOLE_SECONDS", 0.3)
    with receiver() as here:
        here.act = here.hang
        silent = post(here.url, HOME)
        here.act = lambda handler, got: drip(here, handler)
        slow = post(here.url, HOME)
    assert [silent.error, slow.error] == ["timeout", "timeout"]
    assert slow.took_ms > 250


def drip(here: Receiver, handler: BaseHTTPRequestHandler) -> bool:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
    while not here.over.wait(0.02):
        try:
            handler.wfile.write(b"y")
        except OSError:
            break
    return True


def test_odd_answers_are_failures() -> None:
    def talk(words: bytes) -> Any:
        def act(handler: BaseHTTPRequestHandler, got: Got) -> bool:
            handler.wfile.write(words)
            return True

        return act

    with receiver() as here:
        for words, error in ((b"SSH-2.0-x\r\n\r\n", "protocol"), (b"", "protocol")):
            here.act = talk(words)
            assert post(here.url, HOME).error == error
        here.act = talk(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000)
        assert post(here.url, HOME).error in ("protocol", "broken")
    assert post(f"http://127.0.0.1:{free_port()}/", HOME).error == "connect"
    assert post("http://127.0.0.1/", HOME, plain=False).error == "address"


def certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for ``NAME`` signed by itself: ``cert.pem`` and ``key.pem`` in ``folder``."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_the_certificate_must_be_the_name_s_and_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch, ["127.0.0.1"])
    told: list[str | None] = []
    context = certificate(tmp_path)
    context.sni_callback = lambda _socket, name, _context: told.append(name)
    with receiver(tls=context) as here:
        by_name = here.url.replace("127.0.0.1", NAME)
        assert post(by_name, HOME).error == "tls"
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert post(by_name, HOME).status == 200
        assert post(here.url, HOME).error == "tls"
    assert told[:2] == [NAME, NAME]
    assert len(here.got) == 1


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("8.8.8.8", True), ("2001:4860:4860::8888", True), ("::ffff:8.8.8.8", True),
        ("10.0.0.1", False), ("172.31.0.1", False), ("192.168.1.1", False), ("127.8.8.8", False),
        ("100.64.0.1", False), ("169.254.169.254", False), ("0.0.0.0", False), ("255.255.255.255", False),
        ("224.0.0.1", False), ("198.18.0.1", False), ("192.0.0.192", False), ("168.63.129.16", False),
        ("::1", False), ("::", False), ("fe80::1", False), ("fd00:ec2::254", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("::127.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::a00:1", False), ("2002:7f00:1::1", False), ("2001::7f00:1", False),
    ],
)  # fmt: skip
def test_addresses_that_are_open(address: str, opened: bool) -> None:
    assert is_open(ipaddress.ip_address(address)) is opened


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://a.example/", "scheme"), ("ftp://a.example/", "scheme"), ("//a.example/", "scheme"),
        ("https://u:p@a.example/", "credentials"), ("https://@a.example/", "credentials"),
        ("https://a.example:22/", "port"), ("https://a.example:99999/", "form"), ("https:///x", "form"),
        ("https://a.example\\@127.0.0.1/", "form"), ("https://a.example/\n", "form"),
        ("https://[::1/", "form"), ("https://a..b/", "form"), ("", "scheme"),
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url: str, code: str) -> None:
    with pytest.raises(BadAddress) as caught:
        target_of(url, plain=False)
    assert caught.value.code == code


def test_an_address_is_taken_apart() -> None:
    target = target_of("https://日本語.example:8443/あ?x=1#y", plain=False)
    assert (target.host, target.named) == ("xn--wgv71a119e.example", "xn--wgv71a119e.example:8443")
    assert target.path == "/%E3%81%82?x=1"
