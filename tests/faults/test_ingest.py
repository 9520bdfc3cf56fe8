"""Nothing lost, nothing doubled, whatever is killed under load. Sets of ids are compared."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.report import report
from tests.faults.rig import EARLY, RATE, SLOTS, Load, Rig, strike
from tests.services import postgresql, wait_until

SEED = 20260401


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with postgresql() as cluster:
        rig = Rig.build(cluster)
        rig.start_all()
        try:
            yield rig
        finally:
            rig.close()


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)


def check(rig: Rig, load: Load, what: str, kills: int) -> None:
    """Everything acknowledged is stored, once, and counted once."""
    load.finish()
    rig.alive()
    taken = load.taken()
    missing = rig.settle(taken)
    doubled = [one for one, times in rig.stored().items() if times > 1]
    report(
        "ingest",
        what,
        kills=kills,
        acknowledged=len(taken),
        lost=len(missing),
        doubled=len(doubled),
        seed=SEED,
    )
    assert len(taken) == len(load.ids)
    assert (missing, doubled) == (set(), [])
    assert rig.sums_agree()
    assert rig.dead() == 0


def test_ingest_processes_killed(rig: Rig, chance: random.Random) -> None:
    """Now one slot, now the other, at any moment: while starting, filling a batch, committing."""
    load = rig.load(60)
    load.begin()
    for _turn in range(20):
        slot = chance.randrange(2)
        rig.kill(slot)
        rig.start(slot)
        # Killed at the end of another while it starts now and then.
        if chance.random() < 0.8:
            rig.ready(slot)
        time.sleep(chance.uniform(0, 1.2))
    check(rig, load, "ingest processes killed -9", 20)


def test_ingest_with_codec_children_killed(rig: Rig, chance: random.Random) -> None:
    load = rig.load(30)
    load.begin()
    killed = 0
    while killed < 20:
        rig.alive()
        pid = rig.codec_child(chance.randrange(2))
        killed += pid is not None and strike(pid)
        time.sleep(chance.uniform(0.3, 1.2))
    check(rig, load, "codec children killed -9", killed)


def test_ingest_with_one_of_two_away_for_a_while(rig: Rig, chance: random.Random) -> None:
    load = rig.load(40)
    load.begin()
    for turn in range(5):
        rig.kill(turn % 2)
        time.sleep(chance.uniform(1, 4))
        rig.start(turn % 2)
        rig.ready(turn % 2)
    check(rig, load, "one of two ingest processes away", 5)


def test_ingest_with_postgresql_killed(rig: Rig, chance: random.Random) -> None:
    """A backend killed -9 makes the server start anew; the whole server killed -9 likewise."""
    load = rig.load(45)
    load.begin()
    for turn in range(5):
        time.sleep(chance.uniform(0.5, 1.5))
        backends = rig.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        strike(chance.choice(backends)[0])
        time.sleep(chance.uniform(1, 2))
        head = int((rig.cluster.folder / "data" / "postmaster.pid").read_text().split()[0])
        strike(head)
        wait_until("its end", lambda pid=head: not Path(f"/proc/{pid}").exists())
        time.sleep(chance.uniform(0.2, 1))
        _start_again(rig)
        time.sleep(turn % 2)
    check(rig, load, "PostgreSQL backends and server killed -9", 10)


def _start_again(rig: Rig) -> None:
    """The children of a killed postmaster hold its memory for a moment."""
    for _attempt in range(20):
        try:
            rig.cluster.pg_ctl("start")
            return
        except Exception:
            time.sleep(0.5)
    raise AssertionError("PostgreSQL did not start again")


def test_ingest_with_redis_emptied(rig: Rig, chance: random.Random) -> None:
    load = rig.load(10)
    load.begin()
    for _turn in range(5):
        time.sleep(chance.uniform(0.5, 1.5))
        rig.redis.empty()
    check(rig, load, "Redis emptied", 5)


def test_ingest_with_the_broker_stopped(rig: Rig, chance: random.Random) -> None:
    _stop_the_broker(rig, chance, "broker stopped (SIGTERM), two ingest processes")


def test_ingest_alone_with_the_broker_stopped(rig: Rig, chance: random.Random) -> None:
    """Alone it may even be away while the broker comes back and takes messages."""
    for slot in list(rig.slots):
        rig.kill(slot, signal.SIGTERM)
    rig.together = 1
    try:
        rig.start(0)
        rig.ready(0)
        time.sleep(1)  # until it is subscribed, too
        _stop_the_broker(rig, chance, "broker stopped (SIGTERM), one ingest process away meanwhile")
    finally:
        rig.kill(0, signal.SIGTERM)
        rig.together = SLOTS
        rig.start_all()


def _stop_the_broker(rig: Rig, chance: random.Random, what: str) -> None:
    load = rig.load(25)
    load.begin()
    for _turn in range(5):
        time.sleep(chance.uniform(1, 3))
        rig.broker.stop(signal.SIGTERM)
        if rig.together == 1:
            rig.kill(0)
        rig.broker.start()
        if not load.going:
            load.begin()
        if rig.together == 1:
            time.sleep(chance.uniform(1, 2))
            rig.start(0)
    check(rig, load, what, 5)


def test_ingest_with_the_broker_killed(rig: Rig, chance: random.Random) -> None:
    """Mosquitto writes its store once a second: what came since is lost, and shows as a gap of frames."""
    load = rig.load(25)
    load.begin()
    for _turn in range(5):
        time.sleep(chance.uniform(1.5, 3))
        rig.broker.stop(signal.SIGKILL)
        rig.broker.start()
        if not load.going:
            load.begin()
    load.finish()
    missing = rig.settle(load.taken())
    doubled = [one for one, times in rig.stored().items() if times > 1]
    gaps = int(
        rig.query(
            "SELECT coalesce(sum(f_cnt_high - f_cnt_low + 1 - session_uplinks), 0) FROM telemetry_devicehour"
        )[0][0]
    )
    report(
        "ingest",
        "broker killed -9",
        kills=5,
        acknowledged=len(load.taken()),
        lost=len(missing),
        most_wanted=5 * RATE,
        seen_as_gaps=gaps,
        doubled=len(doubled),
    )
    assert doubled == []
    assert rig.sums_agree()
    assert len(missing) <= 5 * RATE


def test_ingest_that_acknowledges_too_early_is_found_out(rig: Rig, chance: random.Random) -> None:
    """The runs above can fail: with the acknowledgement before the commit they lose something."""
    for slot in list(rig.slots):
        rig.kill(slot, signal.SIGTERM)
    rig.command = EARLY
    try:
        rig.start_all()
        load = rig.load(25)
        load.begin()
        for turn in range(6):
            time.sleep(chance.uniform(1, 2))
            rig.kill(turn % 2)
            rig.start(turn % 2)
            rig.ready(turn % 2)
        load.finish()
        missing = rig.settle(load.taken())
    finally:
        for slot in list(rig.slots):
            rig.kill(slot, signal.SIGTERM)
    report("ingest", "planted: acknowledged before the commit", kills=6, lost=len(missing))
    assert missing
