"""What servers are built from: the compose file, units, broker configuration and the table of settings."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from apps.portal.rules.snippets import VARIABLE
from deploy.local import ports

DEPLOY = settings.BASE_DIR / "deploy"
OPERATE = settings.BASE_DIR / "docs" / "operate"
PROCESSES = ("web", "worker", "beat", "ingest")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run(["sh", str(DEPLOY / "make-secrets.sh"), str(folder)], check=True, capture_output=True)
    return folder


def test_compose_names_only_what_it_declares(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service) & {"image", "build"}, name
        assert set(service["networks"]) <= set(compose["networks"]), name
        assert {_name(secret) for secret in service.get("secrets", [])} <= set(compose["secrets"]), name
        named = {volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(".")}
        assert named <= set(compose["volumes"]), name
        for needed, how in service.get("depends_on", {}).items():
            other = compose["services"][needed]
            assert how["condition"] != "service_healthy" or "healthcheck" in other, (name, needed)


def _name(secret: str | dict[str, str]) -> str:
    return secret if isinstance(secret, str) else secret["source"]


def test_compose_mounts_files_that_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            if volume.startswith("."):
                assert (DEPLOY / volume.split(":")[0]).is_file(), volume


def test_only_the_proxy_and_the_companies_broker_are_reachable_from_outside(compose: dict[str, Any]) -> None:
    """The broker only where the city wants one, and of it only the listener with TLS."""
    open_ports = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert open_ports == {"proxy": ["80:80", "443:443"], "topics": ["8883:8883"]}
    assert compose["services"]["topics"]["profiles"] == ["topics"]
    (inside, world) = re.split("^(?=listener 8883)", _server("topics-server.conf"), flags=re.MULTILINE)
    assert "listener" not in inside
    assert "certfile" in world.split("listener 1884")[0]


def _server(name: str) -> str:
    return (DEPLOY / "mosquitto" / name).read_text(encoding="utf-8")


def test_secrets_of_compose_are_those_the_script_makes(compose: dict[str, Any], secrets: Path) -> None:
    made = {file.name for file in secrets.iterdir()}
    # A certificate is given to the city by whoever signs it.
    brought = {"topics_certificate", "topics_key"}
    assert {entry["file"].removeprefix("secrets/") for entry in compose["secrets"].values()} - brought <= made
    environment = compose["services"]["web"]["environment"]
    files = {value for name, value in environment.items() if name.endswith("_FILE")}
    given = {f"/run/secrets/{_name(secret)}" for secret in compose["services"]["web"]["secrets"]}
    assert files == given


def test_making_secrets_twice_changes_none(secrets: Path) -> None:
    before = {file.name: file.read_bytes() for file in secrets.iterdir()}
    subprocess.run(["sh", str(DEPLOY / "make-secrets.sh"), str(secrets)], check=True, capture_output=True)
    assert {file.name: file.read_bytes() for file in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("process", PROCESSES)
def test_each_process_has_a_unit_and_a_service(compose: dict[str, Any], process: str) -> None:
    unit = (DEPLOY / "systemd" / f"machitry-{process}.service").read_text(encoding="utf-8")
    assert "User=machitry" in unit
    assert process in compose["services"]
    target = (DEPLOY / "systemd" / "machitry.target").read_text(encoding="utf-8")
    assert f"machitry-{process}.service" in target


def test_every_setting_is_documented() -> None:
    used: set[str] = set()
    for source in (
        *(settings.BASE_DIR / "config").rglob("*.py"),
        *(settings.BASE_DIR / "apps").rglob("*.py"),
    ):
        if source.name == "test.py":
            continue
        used |= set(re.findall(r"\"(MACHITRY_[A-Z_]+)\"", source.read_text(encoding="utf-8")))
    table = (OPERATE / "install.md").read_text(encoding="utf-8")
    used.discard(VARIABLE)  # stands in a company's own shell, in the examples for it
    assert {name for name in used if f"`{name}`" not in table} == set()


def test_example_settings_are_known() -> None:
    table = (OPERATE / "install.md").read_text(encoding="utf-8") + "`MACHITRY_SITE`"
    for name in ("portal.env.example", "systemd/secrets.env"):
        for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("MACHITRY_"):
                setting = line.partition("=")[0].removesuffix("_FILE")
                assert f"`{setting}`" in table, (name, setting)


def test_caddy_and_image_name_the_same_port() -> None:
    assert "reverse_proxy web:8000" in (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    assert '"--port", "8000"' in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def broker(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The servers' broker configuration, its paths led to a temporary folder."""
    folder = tmp_path_factory.mktemp("broker")
    shutil.copytree(DEPLOY / "mosquitto", folder / "config")
    (folder / "config" / "conf.d").mkdir()
    (folder / "config" / "mosquitto.conf").rename(folder / "config" / "conf.d" / "mosquitto.conf")
    port = ports.free_port()
    conf = folder / "config" / "server.conf"
    text = conf.read_text(encoding="utf-8").replace("listener 1883", f"listener {port} 127.0.0.1\nuser root")
    text = text.replace("/mosquitto/config", str(folder / "config")).replace("/run/secrets", str(secrets))
    conf.write_text(text.replace("/mosquitto/data", str(folder)), encoding="utf-8")
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert program
    process = subprocess.Popen([program, "-c", str(conf)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        while not ports.answers(port):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            time.sleep(0.05)
        assert ports.listeners(port) == {process.pid}
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=60)


def connect(port: int, user: str, password: str) -> Any:
    """A connected client, or the broker's refusal as an exception."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(user, password)
    answers: list[Any] = []
    client.on_connect = lambda _c, _u, _f, reason, _p: answers.append(reason)
    client.connect("127.0.0.1", port)
    deadline = time.monotonic() + 60
    while not answers and time.monotonic() < deadline:
        client.loop(0.1)
    if answers[0].is_failure:
        raise PermissionError(str(answers[0]))
    return client


def test_broker_lets_each_account_do_its_own_only(broker: int, secrets: Path) -> None:
    ingest, chirpstack = (
        (name, (secrets / f"mqtt_{name}_password").read_text()) for name in ("ingest", "chirpstack")
    )
    up = "application/a/device/d/event/up"
    reader = connect(broker, *ingest)
    heard: list[str] = []
    subscribed: list[int] = []
    reader.on_message = lambda _c, _u, message: heard.append(message.topic)
    reader.on_subscribe = lambda *_: subscribed.append(1)
    reader.subscribe("$share/ingest/application/+/device/+/event/+", qos=1)
    _loop(reader, until=lambda: bool(subscribed))

    assert publish(broker, ingest, up) == "Not authorized"
    assert publish(broker, chirpstack, "elsewhere/secret") == "Not authorized"
    assert publish(broker, chirpstack, up) == "Success"
    _loop(reader, until=lambda: bool(heard))
    assert heard == [up]
    reader.disconnect()


@pytest.mark.parametrize(("user", "password"), [("ingest", "wrong"), ("nobody", ""), ("", "")])
def test_broker_refuses_who_it_does_not_know(broker: int, user: str, password: str) -> None:
    with pytest.raises(PermissionError):
        connect(broker, user, password)


def publish(port: int, account: tuple[str, str], topic: str) -> str:
    """The broker's answer to one message on ``topic``."""
    client = connect(port, *account)
    answers: list[str] = []
    client.on_publish = lambda _c, _u, _m, reason, _p: answers.append(str(reason))
    client.publish(topic, b"{}", qos=1)
    _loop(client, until=lambda: bool(answers))
    client.disconnect()
    return answers[0]


def _loop(client: Any, *, until: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        client.loop(0.05)
