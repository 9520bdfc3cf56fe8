from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.devices.models import Device
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The storage of exports in a folder of its own."""
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "exports": place}
    return tmp_path


@pytest.fixture
def device(cast: Cast) -> Device:
    return DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization), name="WL-09")
