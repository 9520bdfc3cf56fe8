"""A complete draft, and the ticks of the pledge."""

from __future__ import annotations

import pytest

from apps.calls.models import Application
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, complete_answers

PLEDGES = {"publish": True, "personal_data": True, "terms": True}


@pytest.fixture
def draft(cast: Cast) -> Application:
    """The owner's draft with every answer, its organization not chosen yet."""
    return ApplicationFactory.create(created_by=cast.owner, **complete_answers())
