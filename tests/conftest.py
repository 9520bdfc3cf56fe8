"""Fixtures of every test: a clean process between tests, and the cast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import TransactionTestCase
from django.utils import translation

from apps.core import admin_site, cache, public_pages, site
from apps.core.collector import rest_the_collector
from apps.telemetry.domain import partitions
from tests import databases
from tests.cast import Cast, make_cast

#: What takes long as a whole begins first, so that no worker is left alone with it at the end.
LONG = (
    "tests/architecture/test_odd_input",
    "tests/calls/blind",
    "tests/journeys/spine",
    "tests/architecture",
    "tests/journeys",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers take modules in this order (--no-loadscope-reorder); inside a module nothing changes."""
    rank = {start: number for number, start in enumerate(LONG)}
    # All that the tests stand on is there now: as in our servers the collector need not look through it.
    rest_the_collector()
    items.sort(key=lambda item: next((rank[start] for start in LONG if item.nodeid.startswith(start)), 99))


@pytest.fixture(autouse=True, scope="session")
def _believe_counts_for_long() -> None:
    """No count of what waits is made anew in the midst of counting queries."""
    admin_site.COUNTED = 3_600


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, worker_id: str) -> Iterator[None]:
    """In place of pytest-django's: each worker gets a clone of one migrated template."""
    with django_db_blocker.unblock():
        name = databases.create(worker_id)
        databases.remember()
    TransactionTestCase._fixture_teardown = lambda self: databases.restore()  # type: ignore[method-assign]
    yield
    with django_db_blocker.unblock():
        databases.drop(name)


@pytest.fixture(autouse=True)
def _forget_kept_things() -> Iterator[None]:
    """Nothing that a process keeps (settings, cached pages, rate counts) passes from test to test."""
    translation.activate(settings.LANGUAGE_CODE)
    site.forget()
    yield
    site.forget()
    cache.forget()
    public_pages.forget()
    partitions.forget()
    for alias in ("redis", "redis-pages"):
        caches[alias].delete_pattern("*")  # type: ignore[attr-defined]


@pytest.fixture
def cast(db: None) -> Cast:
    """Owner, colleague, reader and stranger of two organizations; reviewer and staff of the city."""
    return make_cast()
