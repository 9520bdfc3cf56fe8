from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.network.fake_chirpstack import FakeChirpStack


@pytest.fixture
def fake() -> Iterator[FakeChirpStack]:
    with FakeChirpStack() as server:
        yield server
