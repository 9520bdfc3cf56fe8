"""Fixtures of every test: a clean process between tests, and the cast."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.db.models.signals import post_migrate
from django.utils import translation

from apps.core import cache, public_pages, site
from apps.telemetry.domain import partitions
from tests import databases
from tests.cast import Cast, make_cast


def _bring_themes_back(sender: Any, **kwargs: Any) -> None:
    """A test that commits ends with an empty database, without what migrations put there."""
    if sender.name == "apps.calls":
        import_module("apps.calls.migrations.0004_nine_themes").add(apps, None)


post_migrate.connect(_bring_themes_back, dispatch_uid="tests.themes")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, worker_id: str) -> Iterator[None]:
    """In place of pytest-django's: each worker gets a clone of one migrated template."""
    with django_db_blocker.unblock():
        name = databases.create(worker_id)
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
