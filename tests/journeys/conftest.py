"""Journeys: real Chromium against the real portal, with its broker, its ingest and its outbox beside it.

`make test` runs each journey once, alternating device and language; `make journeys`
(MACHITRY_JOURNEYS=all) runs the whole matrix. Screenshots: .local/screenshots/<topic>/.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from deploy.local.packages import BROWSERS
from tests.journeys.stage import Person, Stage, Variant

ROOT = Path(__file__).resolve().parents[2]
VARIANTS = [
    Variant("phone", "ja"),
    Variant("desktop", "en"),
    Variant("phone", "en"),
    Variant("desktop", "ja"),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A journey that asks for ``variant`` runs in one, chosen by its name from its own list, or in all; one
    that is of a certain ``device`` (dragging with a mouse) in none but that one's."""
    if "variant" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("variants")
    if os.environ.get("MACHITRY_JOURNEYS") == "all":
        device = marker.kwargs.get("device") if marker else None
        chosen = [variant for variant in VARIANTS if device in (None, variant.device)]
    else:
        allowed = [Variant(*name.split("-")) for name in marker.args] if marker else VARIANTS[:2]
        chosen = [allowed[sum(map(ord, metafunc.function.__name__)) % len(allowed)]]
    metafunc.parametrize("variant", chosen, ids=str)


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    # Playwright keeps an event loop in this thread; the ORM here is used between its calls only.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as driver:
        yield driver


def launched(driver: Playwright, *arguments: str) -> Browser:
    """Debian's Chromium; ``arguments`` are more of its command line."""
    return driver.chromium.launch(
        executable_path=os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS))),
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            *arguments,
        ],
    )


@pytest.fixture(scope="session")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    browser = launched(playwright_driver)
    yield browser
    browser.close()


@pytest.fixture
def stage(
    request: pytest.FixtureRequest,
    transactional_db: None,
    live_server: Any,
    chromium: Browser,
    tmp_path: Path,
    settings: Any,
) -> Iterator[Stage]:
    """The portal running, with nobody on it yet. Fails on any page error or CSP violation."""
    topic = Path(str(request.node.path)).parent.name
    settings.BASE_URL = live_server.url
    stage = Stage(live_server.url, chromium, tmp_path, ROOT / ".local" / "screenshots" / topic)
    settings.OUTBOX_TRANSPORT = {
        "backend": "django.core.mail.backends.filebased.EmailBackend",
        "options": {"file_path": str(stage.mail)},
    }
    yield stage
    stage.close()
    assert not stage.complaints, "\n".join(stage.complaints)


@pytest.fixture
def person(stage: Stage) -> type[Person]:
    return Person
