"""The ingest as it runs: a real broker, real kills, a real crash of PostgreSQL. Compared by ids."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from apps.core import clock
from tests import databases
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.services import (
    ROOT,
    Cluster,
    environment,
    free_port,
    manage,
    managed,
    mosquitto,
    postgresql,
    publisher,
    wait_until,
)

DEV_EUI = "70b3d57ed0aa0001"
#: An id published again must carry the time it had: a repeat is the same event.
START = clock.now()
DEVICE = f"""
from tests.factories.devices import CodecVersionFactory, DeviceFactory
DeviceFactory.create(dev_eui="{DEV_EUI}", model=CodecVersionFactory.create().model, trial__messages=100000)
"""


@pytest.fixture(scope="module")
def cluster(django_db_setup: None) -> Iterator[Cluster]:
    with postgresql() as cluster:
        databases.copy_to(cluster.url)
        manage("shell", "-v0", "-c", DEVICE, MACHITRY_DATABASE_URL=cluster.url)
        yield cluster


@pytest.fixture
def broker() -> Iterator[int]:
    with mosquitto() as port:
        yield port


def send(port: int, ids: list[str]) -> None:
    """Publish an uplink for each id and wait until the broker has taken them all."""
    client = publisher(port)
    sent = [
        client.publish(
            topic_of(DEV_EUI),
            encoded(
                uplink_event(
                    DEV_EUI,
                    deduplication_id=one,
                    f_cnt=n,
                    data=uuid.UUID(one).bytes,
                    time=START - timedelta(seconds=len(ids) - n),
                )
            ),
            qos=1,
        )
        for n, one in enumerate(ids)
    ]
    for information in sent:
        information.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def stored(cluster: Cluster) -> list[str]:
    with psycopg.connect(cluster.url) as connection:
        rows = connection.execute("SELECT deduplication_id FROM telemetry_uplink").fetchall()
    return [str(row[0]) for row in rows]


def surroundings(cluster: Cluster, broker: int) -> dict[str, str]:
    return {
        "MACHITRY_DATABASE_URL": cluster.url,
        "MACHITRY_MQTT_URL": f"mqtt://127.0.0.1:{broker}",
        "MACHITRY_LOG_LEVEL": "INFO",
    }


def new_ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


def test_postgresql_crashes_under_the_ingest_and_nothing_is_lost(
    cluster: Cluster, broker: int, tmp_path: Path
) -> None:
    before, after = new_ids(400), new_ids(400)
    values = surroundings(cluster, broker)
    with managed("ingest", "--batch", "20", log=tmp_path / "log", **values):
        first = str(uuid.uuid4())
        wait_until("a session", lambda: _reached(cluster, broker, first))
        send(broker, before)
        cluster.pg_ctl("-m", "immediate", "stop")
        send(broker, after)
        cluster.pg_ctl("start")
        wait_until("all ids", lambda: set(before + after) <= set(stored(cluster)), 180)
    ids = stored(cluster)
    assert len(ids) == len(set(ids))


def test_a_killed_ingest_gets_again_what_it_had_not_acknowledged(
    cluster: Cluster, broker: int, tmp_path: Path
) -> None:
    before, after = new_ids(300), new_ids(300)
    ids = before + after
    values = surroundings(cluster, broker)
    first = str(uuid.uuid4())
    with managed("ingest", "--batch", "10", log=tmp_path / "log", **values) as process:
        wait_until("a session", lambda: _reached(cluster, broker, first))
        send(broker, before)
        with psycopg.connect(cluster.url) as locker:
            # It has messages in hand and waits for the table when it is killed.
            locker.execute("LOCK TABLE telemetry_uplink IN EXCLUSIVE MODE")
            send(broker, after)
            wait_until("a write that waits", lambda: _waiting(cluster))
            process.kill()
            process.wait()
            locker.rollback()
    assert set(ids) - set(stored(cluster)), "it was killed too late to show anything"
    with managed("ingest", log=tmp_path / "log", **values):
        wait_until("all ids", lambda: set(ids) <= set(stored(cluster)), 180)
    found = stored(cluster)
    assert len(found) == len(set(found))


def _waiting(cluster: Cluster) -> int:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).fetchone()
    return int(row[0]) if row else 0


def _reached(cluster: Cluster, broker: int, one: str) -> bool:
    """Send ``one`` (again) and see whether it was stored: the ingest has subscribed by then."""
    send(broker, [one])
    return one in stored(cluster)


def test_what_cannot_be_stored_is_not_acknowledged(cluster: Cluster, broker: int, tmp_path: Path) -> None:
    """With PostgreSQL gone the broker keeps everything, over a restart of the ingest too."""
    ids = new_ids(50)
    values = surroundings(cluster, broker)
    first = str(uuid.uuid4())
    with managed("ingest", log=tmp_path / "log", **values):
        wait_until("a session", lambda: _reached(cluster, broker, first))
        cluster.pg_ctl("-m", "fast", "stop")
        send(broker, ids)
        wait_until("its complaint", lambda: "ingest_database_away" in (tmp_path / "log").read_text())
    cluster.pg_ctl("start")
    assert not set(ids) & set(stored(cluster))
    with managed("ingest", log=tmp_path / "log", **values):
        wait_until("all ids", lambda: set(ids) <= set(stored(cluster)), 180)


def _only_reads(cluster: Cluster, yes: bool) -> None:
    """Whether PostgreSQL refuses writers: it does after a switch-over, on the server that was the first."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if yes else 'off'}")
        connection.execute("SELECT pg_reload_conf()")

    def told() -> bool:
        with psycopg.connect(cluster.url) as connection:
            row = connection.execute("SHOW default_transaction_read_only").fetchone()
        return row == ("on" if yes else "off",)

    wait_until("the new setting", told)


def test_a_database_that_only_reads_is_waited_for(cluster: Cluster, broker: int, tmp_path: Path) -> None:
    ids, log = new_ids(50), tmp_path / "log"
    first = str(uuid.uuid4())
    with managed("ingest", log=log, **surroundings(cluster, broker)) as process:
        wait_until("a session", lambda: _reached(cluster, broker, first))
        _only_reads(cluster, True)
        try:
            send(broker, ids)
            wait_until("its complaint", lambda: "ingest_database_away" in log.read_text())
        finally:
            _only_reads(cluster, False)
        wait_until("all ids", lambda: set(ids) <= set(stored(cluster)), 180)
        assert process.poll() is None


DOOR = """
from apps.network.domain.sources import source_make
from tests.factories.network import NetworkServerFactory
print(source_make(server=NetworkServerFactory.create(), name="door", actor=None)[1])
"""


def test_the_door_for_http_keeps_nothing_back_while_postgresql_is_away(
    cluster: Cluster, tmp_path: Path
) -> None:
    """503 says that nothing was kept; the same event later is stored once."""
    values, port = {"MACHITRY_DATABASE_URL": cluster.url}, free_port()
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", DOOR],
        env=environment(**values), cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    secret = made.stdout.decode().split()[-1]
    one = str(uuid.uuid4())
    event = encoded(uplink_event(DEV_EUI, deduplication_id=one, time=START))

    def post() -> int:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/ingest?event=up", event, {"Authorization": f"Bearer {secret}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    with managed("ingest_http", "--port", str(port), log=tmp_path / "log", **values):
        wait_until("the door", lambda: post() == 204, 180)
        event = encoded(uplink_event(DEV_EUI, deduplication_id=(two := str(uuid.uuid4())), time=START))
        cluster.pg_ctl("-m", "fast", "stop")
        try:
            assert post() == 503
        finally:
            cluster.pg_ctl("start")
        wait_until("the repeat", lambda: post() == 204, 180)
        assert post() == 204
    assert [stored(cluster).count(name) for name in (one, two)] == [1, 1]
    assert secret not in (tmp_path / "log").read_text()
