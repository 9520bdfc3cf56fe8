"""The local service manager touches only what it started, and stops with one clear sentence."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import demo, environment, packages, paths, ports, processes, say
from deploy.local.paths import Instance
from deploy.local.say import Stop

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
LISTEN = [
    sys.executable,
    "-c",
    "import socket, sys, time; s = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1]))); "
    "s.listen(); time.sleep(60)",
]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    monkeypatch.setattr(paths, "LOCAL", tmp_path)
    for name in ("logs", "pids"):
        (tmp_path / "trial" / name).mkdir(parents=True)
    return Instance("trial")


@pytest.fixture
def sleeper(instance: Instance) -> Iterator[int]:
    pid = processes.start(instance, "sleeper", SLEEP)
    yield pid
    processes.stop(instance, "sleeper", first=signal.SIGKILL)


def test_started_process_is_known_and_stopped(instance: Instance, sleeper: int) -> None:
    assert processes.running(instance, "sleeper") == sleeper
    assert processes.stop(instance, "sleeper") is True
    assert processes.running(instance, "sleeper") is None
    assert processes.stop(instance, "sleeper") is False


@pytest.mark.parametrize("field", ["started", "boot"])
def test_process_that_took_over_a_stale_pid_is_left_alone(
    instance: Instance, sleeper: int, field: str
) -> None:
    path = instance.folder / "pids" / "sleeper.json"
    true_record = path.read_text()
    path.write_text(json.dumps({**json.loads(true_record), field: "something else"}))
    assert processes.stop(instance, "sleeper") is False
    assert not path.exists(), "the stale record is thrown away"
    os.kill(sleeper, 0)
    path.write_text(true_record)


def test_process_that_ignores_the_request_is_ended(instance: Instance) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1); time.sleep(60)"
    processes.start(instance, "stubborn", [sys.executable, "-uc", stubborn])
    processes.wait_until_ready(instance, "stubborn", lambda: instance.log("stubborn").read_text() != "")
    assert processes.stop(instance, "stubborn", seconds=0.2) is True
    assert processes.running(instance, "stubborn") is None


def test_process_that_ends_at_once_is_reported_with_its_log(instance: Instance) -> None:
    processes.start(
        instance, "broken", [sys.executable, "-c", "import time; time.sleep(.3); exit('no such thing')"]
    )
    with pytest.raises(Stop, match=r"broken ended at once(?s:.*)no such thing"):
        processes.wait_until_ready(instance, "broken", lambda: False)


def test_listener_is_told_apart_from_a_stranger(instance: Instance, sleeper: int) -> None:
    port = ports.free_port()
    pid = processes.start(instance, "listener", [*LISTEN, str(port)])
    try:
        processes.wait_until_ready(instance, "listener", lambda: ports.answers(port))
        assert ports.is_ours(port, pid)
        assert not ports.is_ours(port, sleeper)
        assert not ports.is_free(port)
    finally:
        processes.stop(instance, "listener")


def test_taken_port_is_one_sentence_with_the_way_out() -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        with pytest.raises(Stop) as refused:
            demo._port_must_be_ours_or_free(port)
    assert f"Port {port} is in use by " in str(refused.value)
    assert str(refused.value).endswith(f"make demo PORT={port + 1}")


def test_full_disk_is_one_sentence() -> None:
    with pytest.raises(Stop, match="MB free and 999999999 MB are needed: make room first"):
        paths.need_space(999999999)


def test_disk_that_fills_up_during_a_command_is_one_sentence(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo 'pip: [Errno 28] No space left on device' >&2; exit 1"]
    with pytest.raises(Stop, match="There is no room left on the disk"):
        say.run(command, log=tmp_path / "log", failure="It failed.")


def test_missing_right_to_install_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "IS_ROOT", False)
    monkeypatch.setattr("shutil.which", lambda name, **_: None)
    with pytest.raises(Stop) as refused:
        packages._as_root(["mosquitto"])
    assert "(no sudo): mosquitto." in str(refused.value)
    assert str(refused.value).endswith("apt-get install mosquitto")


def test_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sockets"
    folder.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(Stop, match="belongs to somebody else"):
        paths.private(folder, ours=True)


def test_socket_paths_fit_for_every_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    for root in (True, False):
        monkeypatch.setattr(paths, "IS_ROOT", root)
        assert len(f"{Instance('demo').sockets}/.s.PGSQL.5432") <= paths.SOCKET_PATH_LIMIT


def test_environment_keeps_its_secrets_and_is_private(instance: Instance) -> None:
    first = environment.write(instance, brokers={"mosquitto": 1, "topics": 3}, web_port=8001)
    second = environment.write(instance, brokers={"mosquitto": 2, "topics": 3})
    assert {name: first[name] for name in environment.SECRETS} == {
        name: second[name] for name in environment.SECRETS
    }
    assert second["MACHITRY_BASE_URL"] == "http://127.0.0.1:8001"
    assert second["MACHITRY_MQTT_URL"] == "mqtt://127.0.0.1:2"
    assert environment.read(instance.env_file) == second
    assert instance.env_file.stat().st_mode & 0o777 == 0o600


def test_installer_needs_only_the_standard_library() -> None:
    """It runs before .venv exists: a Python without site packages must be able to load it."""
    command = [sys.executable, "-S", "-B", "-m", "deploy.local.main", "--help"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
