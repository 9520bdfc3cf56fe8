"""As many broken events as a bad day may bring."""

from __future__ import annotations

import pytest

from tests.faults.report import report
from tests.telemetry.test_mutated_events import ingested


@pytest.mark.django_db
def test_ingest_with_200_000_random_and_mutated_events() -> None:
    total = ingested(200_000)
    report("ingest", "200,000 random and mutated events", **vars(total))
    assert total.stored
    assert total.dead
