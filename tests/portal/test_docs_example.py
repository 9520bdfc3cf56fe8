"""The example of docs/examples runs as it stands, against the portal over HTTP."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.apikeys.domain import api_key_create
from apps.core import clock
from tests.cast import make_cast
from tests.factories.devices import DeviceFactory
from tests.factories.series import uplinks_add
from tests.factories.trials import TrialFactory

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "read_series.py"


@pytest.mark.django_db(transaction=True)
def test_the_example_reads_a_series_and_tells_a_refusal(
    live_server: Any, tmp_path: Path, settings: Any
) -> None:
    settings.BASE_URL = live_server.url
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    device = DeviceFactory.create(trial=trial, name="WL-03")
    now = clock.now()
    uplinks_add(device, [(now - timedelta(minutes=10 * n), {"level": 1 + n / 100}) for n in (3, 2, 1)])
    _key, token = api_key_create(
        organization=cast.organization,
        actor=cast.owner,
        name="Notebook",
        scopes=["read:data", "read:devices"],
    )
    file = tmp_path / "level.csv"
    done = _run(live_server.url, token, "--csv", str(file))
    assert done.returncode == 0, done.stderr
    assert "WL-03: 3 rows of raw, 水位 (m)" in done.stdout
    rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["level"] for row in rows] == ["1.03", "1.02", "1.01"]
    refused = _run(live_server.url, token[:-1])
    assert refused.returncode == 1
    assert "401 key_invalid" in refused.stderr


def _run(url: str, key: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MACHITRY_URL": url, "MACHITRY_KEY": key, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, str(EXAMPLE), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
