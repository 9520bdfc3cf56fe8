"""No message stops the ingest: each is stored, known already, or kept as a dead letter."""

from __future__ import annotations

import pytest
from django.db.models import Sum

from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.telemetry.domain.batch import BatchResult, Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.models import DeadLetter, DeviceHour, Uplink
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.mutated import mutated

BATCH = 250


@pytest.mark.django_db
@pytest.mark.parametrize("number_a_day", [10_000_000, 20], ids=["below", "over"])
def test_ingest_counts_every_mutated_event_as_stored_or_dead(number_a_day: int) -> None:
    """Over the day's number a batch is looked through before it is written, too."""
    total = ingested(800, number_a_day)
    assert total.stored
    assert total.noted
    assert total.dead


def ingested(number: int, number_a_day: int = 10_000_000) -> BatchResult:
    """Send ``number`` mutated events through the ingest; what became of them, checked against the tables."""
    device = DeviceFactory.create(model=CodecVersionFactory.create().model, trial__messages=number_a_day)
    total, batch = BatchResult(), []
    with CodecRunner() as runner:
        for place, (topic, payload) in enumerate(mutated(number, device.dev_eui, seed=7), 1):
            batch.append(Incoming(topic, payload, clock.now()))
            if len(batch) == BATCH or place == number:
                total.add(store_batch(messages=batch, runner=runner))
                batch = []
    assert total.stored + total.noted + total.repeated + total.dead == number
    assert Uplink.objects.count() == total.stored
    assert DeviceHour.objects.aggregate(n=Sum("uplinks"))["n"] == total.stored
    assert DeadLetter.objects.aggregate(n=Sum("times"))["n"] == total.dead
    return total
