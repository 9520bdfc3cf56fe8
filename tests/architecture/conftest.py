from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from apps.telemetry.domain import partitions
from tests.architecture.access.world import World, make_world
from tests.cast import make_cast


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for a module: every request of the sweep is undone, so nobody changes it."""
    partitions.forget()
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world(make_cast())
        transaction.set_rollback(True)
    partitions.forget()
