"""PostgreSQL, Redis and Mosquitto of one instance: private, on Unix sockets and the loopback only."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from deploy.local import brokers, environment, packages, processes
from deploy.local.paths import IS_ROOT, Instance, make_folders, need_space, private
from deploy.local.say import Stop, run

NAMES = ("postgres", "redis", "mosquitto", "topics")


def up(instance: Instance, *, web_port: int | None = None) -> list[str]:
    """Start what does not run yet, write the environment file, return the names of what was started."""
    need_space(300)
    _forget_data_of_a_removed_copy(instance)
    make_folders(instance)
    started = [name for name in NAMES if processes.running(instance, name) is None]
    if "postgres" in started:
        start_postgres(instance)
    if "redis" in started:
        start_redis(instance)
    ports = {
        name: brokers.start(instance, name) if name in started else brokers.known_port(instance, name)
        for name in brokers.NAMES
    }
    environment.write(instance, brokers=ports, web_port=web_port)
    make_database(instance)
    return started


def down(instance: Instance) -> bool:
    """Stop what we started, and nothing else. True when something ran."""
    stopped = [processes.stop(instance, name) for name in (*brokers.NAMES, "redis")]
    # SIGINT is PostgreSQL's fast shutdown: it ends sessions and leaves a clean cluster.
    stopped.append(processes.stop(instance, "postgres", first=signal.SIGINT, seconds=60))
    return any(stopped)


def restart(instance: Instance, name: str) -> None:
    """Stop and start one service again (the fault tests do this under load)."""
    processes.stop(instance, name, first=signal.SIGINT if name == "postgres" else signal.SIGTERM)
    up(instance)


def remove_data(instance: Instance) -> None:
    """Throw away the instance: data, sockets, logs, environment."""
    for folder in (instance.data, instance.sockets, instance.folder):
        if folder.is_dir():
            shutil.rmtree(folder)
    with suppress(OSError):
        instance.sockets.parent.rmdir()


def _forget_data_of_a_removed_copy(instance: Instance) -> None:
    """`.local` is gone but its data (kept elsewhere for root) remain: they were made for another clone."""
    if not IS_ROOT or instance.env_file.exists() or not instance.data.exists():
        return
    marks = (f"{instance.data}/".encode(), f"{instance.sockets}/".encode())
    for pid in processes.with_command_line(marks):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(instance.data)


# PostgreSQL


def _postgres_bin(instance: Instance) -> Path:
    versions = packages.postgres_versions()
    made_by = instance.data / "pg" / "PG_VERSION"
    if made_by.is_file() and int(made_by.read_text()) not in versions:
        raise Stop(
            f"The data in {instance.data} were made by PostgreSQL {made_by.read_text().strip()}, which is "
            "not installed (any more): install it with PostGIS, or throw the data away with `make reset`."
        )
    version = int(made_by.read_text()) if made_by.is_file() else versions[0]
    return Path(f"/usr/lib/postgresql/{version}/bin")


def start_postgres(instance: Instance) -> None:
    binaries = _postgres_bin(instance)
    cluster = instance.data / "pg"
    if not (cluster / "PG_VERSION").is_file():
        _make_cluster(instance, binaries, cluster)
    if _postmaster(instance) is None:
        (cluster / "postmaster.pid").unlink(missing_ok=True)
    settings = ["listen_addresses=", f"unix_socket_directories={instance.sockets}", "max_connections=200"]
    settings += ["shared_buffers=256MB", "log_min_messages=warning", "timezone=UTC"]
    if instance.name == "test":
        settings += ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum_naptime=5min"]
    command: list[str | Path] = [binaries / "postgres", "-D", cluster]
    for setting in settings:
        command += ["-c", setting]
    processes.start(instance, "postgres", processes.as_service_account(command), cwd=Path("/"))
    probe = [str(binaries / "pg_isready"), "-q", "-h", str(instance.sockets)]
    processes.wait_until_ready(
        instance, "postgres", lambda: subprocess.run(probe, check=False, cwd="/").returncode == 0
    )


def _make_cluster(instance: Instance, binaries: Path, cluster: Path) -> None:
    """A UTF-8 cluster that sorts Japanese by ICU; made aside, so that half a cluster is never used."""
    new = cluster.with_name("pg.new")
    shutil.rmtree(new, ignore_errors=True)
    command: list[str | Path] = [binaries / "initdb", "-D", new, "-U", environment.DATABASE, "--auth=trust"]
    command += [
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--locale-provider=icu",
        "--icu-locale=ja-JP",
        "--no-sync",
    ]
    run(
        processes.as_service_account(command),
        log=instance.log("initdb"),
        failure="The private PostgreSQL could not be made.",
        cwd=Path("/"),
    )
    new.rename(cluster)


def _postmaster(instance: Instance) -> int | None:
    """The pid of a server that really runs on this cluster, by its command line."""
    cluster = instance.data / "pg"
    try:
        pid = int((cluster / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (OSError, ValueError, IndexError):
        return None
    return pid if str(cluster) in command else None


def make_database(instance: Instance) -> None:
    binaries = _postgres_bin(instance)
    base = [str(binaries / "psql"), "-h", str(instance.sockets), "-U", environment.DATABASE, "-d", "postgres"]
    question = f"SELECT 1 FROM pg_database WHERE datname = '{environment.DATABASE}'"
    found = subprocess.run([*base, "-tAc", question], capture_output=True, text=True, check=False, cwd="/")
    if found.stdout.strip() != "1":
        command = [*base, "-qc", f"CREATE DATABASE {environment.DATABASE}"]
        run(command, log=instance.log("createdb"), failure="The database could not be made.", cwd=Path("/"))


# Redis


def start_redis(instance: Instance) -> None:
    folder = instance.data / "redis"
    private(folder)
    path = instance.sockets / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    command += [
        "--dir",
        str(folder),
        "--save",
        "60 1" if instance.name == "demo" else "",
        "--daemonize",
        "no",
    ]
    processes.start(instance, "redis", processes.as_service_account(command), cwd=Path("/"))
    processes.wait_until_ready(instance, "redis", lambda: _redis_answers(path))


def _redis_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False
