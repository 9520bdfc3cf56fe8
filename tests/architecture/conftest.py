from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from apps.core import pdf
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


@pytest.fixture(scope="module", autouse=True)
def _same_paper_once() -> Iterator[None]:
    """The same page becomes the same PDF: a child process (0.8 s) for each page, not for each request."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "pdf_of_html", functools.cache(pdf.pdf_of_html))
        yield
