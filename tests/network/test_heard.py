"""Adding up what batches heard: once, by one process at a time, whatever breaks off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from apps.core import clock
from apps.network.domain import heard
from apps.network.domain.heard import heard_add, heard_compact
from apps.network.models import CoverageCell, GatewayDay, HeardBatch
from tests.concurrency import at_once

AT = datetime(2026, 11, 20, 18, 4, 5, tzinfo=UTC)  # 03:04 of the 21st in Japan
SECONDS = AT.timestamp()
HOUR = int(SECONDS) // 3600
LATER = clock.now() + timedelta(hours=5)


def batch(uplinks: int = 1, hour: int = HOUR, rssi: int | None = -100, at: float = SECONDS) -> None:
    with connection.cursor() as cursor:
        heard_add(
            cursor=cursor,
            gateways=[("0016c001f153a14c", hour, uplinks, at)],
            cells=[("5537014711", "square", rssi, None, 2, at)] * uplinks,
        )


@pytest.mark.django_db
def test_batches_add_up() -> None:
    for hour, rssi in ((HOUR, None), (HOUR + 2, -110), (HOUR + 2, -90)):
        batch(uplinks=5, hour=hour, rssi=rssi)
    assert heard_compact() == 3
    batch()
    assert heard_compact() == 1
    day, cell = GatewayDay.objects.get(), CoverageCell.objects.get()
    assert (day.uplinks, day.hours, day.last_at) == (16, 0b101000, AT)
    assert day.day.isoformat() == "2026-11-21"
    assert (cell.observations, cell.best_rssi, cell.best_snr, cell.gateways) == (16, -90, None, 2)


@pytest.mark.django_db
def test_nothing_was_heard_in_the_future() -> None:
    batch(at=LATER.timestamp())
    heard_compact()
    assert GatewayDay.objects.get().last_at < LATER
    assert CoverageCell.objects.get().last_at < LATER


@pytest.mark.django_db
def test_more_than_one_transaction_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "AT_ONCE", 2)
    for _number in range(5):
        batch()
    assert heard_compact() == 5
    assert GatewayDay.objects.get().uplinks == 5


@pytest.mark.django_db
def test_nothing_heard_appends_nothing() -> None:
    with connection.cursor() as cursor:
        heard_add(cursor=cursor, gateways=[], cells=[])
    assert HeardBatch.objects.count() == 0
    assert heard_compact() == 0


@pytest.mark.django_db
def test_broken_off_before_its_commit_nothing_is_counted_and_nothing_lost() -> None:
    batch()
    with transaction.atomic():
        heard_compact()
        transaction.set_rollback(True)
    assert (HeardBatch.objects.count(), GatewayDay.objects.count()) == (1, 0)
    heard_compact()
    assert GatewayDay.objects.get().uplinks == 1


@pytest.mark.django_db(transaction=True)
def test_several_at_once_count_each_batch_once() -> None:
    for _number in range(20):
        batch()
    done = at_once([*[heard_compact] * 4, *[batch] * 4])
    assert not [result for result in done if isinstance(result, Exception)]
    heard_compact()
    assert GatewayDay.objects.get().uplinks == 24
    assert CoverageCell.objects.get().observations == 24
    assert HeardBatch.objects.count() == 0
