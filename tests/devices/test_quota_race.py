"""Fifty processes and raw SQL against one quota, on every path that takes a place of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.apikeys.domain import api_key_create
from apps.devices.domain import QUOTA_CONSTRAINT
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.trials.models import Trial, TrialQuota
from tests.factories.devices import DeviceFactory
from tests.factories.organizations import OrganizationFactory
from tests.factories.trials import TrialFactory

PROCESSES = 50
GRANTED = 10
PATHS = ("create", "csv", "move", "unretire", "api")


def _trial(owner: Organization, path: str) -> Trial:
    """A trial with ten places, and what the racers of ``path`` bring along."""
    trial = TrialFactory.create(organization=owner, code=f"2025-9{PATHS.index(path)}0", devices=GRANTED)
    if path == "move":
        elsewhere = TrialFactory.create(organization=owner, devices=PROCESSES)
        Device.objects.bulk_create(_devices(elsewhere, path, DeviceState.ACTIVE))
    if path == "unretire":
        Device.objects.bulk_create(_devices(trial, path, DeviceState.RETIRED))
    return trial


def _devices(trial: Trial, path: str, state: DeviceState) -> list[Device]:
    names = [f"{path}-{number}" for number in range(PROCESSES)]
    shared = {"trial": trial, "organization": trial.organization, "model": None, "state": state}
    return [DeviceFactory.build(name=name, **shared) for name in names]


def race(rounds: list[dict[str, Any]], token: str) -> list[list[dict[str, Any]]]:
    """What each process of each round answered. One start-up, then fifty forks with a connection each."""
    orders = {"rounds": rounds, "processes": PROCESSES, "token": token}
    database = str(connection.settings_dict["NAME"])
    done = subprocess.run(
        [sys.executable, "-m", "tests.devices.quota_racers", database],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answers: list[list[dict[str, Any]]] = [[] for _round in rounds]
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        answers[answer["round"]].append(answer)
    return answers


@pytest.mark.django_db(transaction=True)
def test_quota_raced_by_fifty_processes_on_every_path_gives_exactly_what_is_granted() -> None:
    owner = OrganizationFactory.create()
    trials = {path: _trial(owner, path) for path in PATHS}
    # All paths at once against one quota: the movers and the retired come from the rounds before.
    mixed = TrialFactory.create(organization=owner, code="2025-999", devices=GRANTED)
    Device.objects.bulk_create(
        _devices(TrialFactory.create(organization=owner, devices=PROCESSES), "mixed", DeviceState.ACTIVE)
    )
    Device.objects.bulk_create(_devices(mixed, "gone", DeviceState.RETIRED))
    _key, token = api_key_create(organization=owner, actor=None, name="k", scopes=["write:devices"])
    rounds = [{"path": path, "trial": trial.code} for path, trial in trials.items()]
    rounds.append({"path": "mixed", "trial": mixed.code})
    answers = race(rounds, token)
    for plan, answered in zip(rounds, answers, strict=True):
        trial = Trial.objects.get(code=plan["trial"])
        assert len(answered) == PROCESSES, plan
        refused = {(answer["code"], answer["limit"]) for answer in answered if "took" not in answer}
        assert refused == {("quota_full", GRANTED)}, plan
        assert sum(answer.get("took", 0) for answer in answered) == GRANTED, plan
        assert Device.objects.counted().filter(trial=trial).count() == GRANTED, plan
        assert TrialQuota.objects.get(trial=trial, kind="devices").used == GRANTED, plan


INSERT = """
INSERT INTO devices_device (id, created_at, updated_at, organization_id, trial_id, name, dev_eui, join_eui,
                            app_key_encrypted, place_name, state, uplink_interval,
                            serial_number, conformity_number, fields)
VALUES (gen_random_uuid(), now(), now(), %s, %s, 'raw', '70b3d57ed0080001', '0000000000000000', 'x', '',
        %s, 600, '', '', '{}')
"""


@pytest.fixture
def full(db: None) -> Trial:
    trial = TrialFactory.create(devices=1)
    DeviceFactory.create(trial=trial)
    return trial


def refused(sql: str, params: list) -> bool:
    """Whether the quota refused ``sql``; any other refusal fails the test."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
    except IntegrityError as error:
        cause: Any = error.__cause__
        if cause.diag.constraint_name != QUOTA_CONSTRAINT:
            raise
        return True
    return False


def test_raw_sql_past_the_quota_is_refused(full: Trial) -> None:
    assert refused(INSERT, [full.organization_id, full.pk, "active"])
    assert refused(INSERT, [full.organization_id, full.pk, "paused"])
    assert not refused(INSERT, [full.organization_id, full.pk, "retired"])
    assert refused("UPDATE devices_device SET state = 'active' WHERE name = 'raw'", [])
    assert refused(
        "UPDATE trials_trialquota SET granted = 0 WHERE trial_id = %s AND kind = 'devices'", [full.pk]
    )
    assert TrialQuota.objects.get(trial=full, kind="devices").used == 1


def test_a_move_past_the_quota_of_the_other_trial_is_refused(full: Trial) -> None:
    elsewhere = DeviceFactory.create(trial__organization=full.organization)
    assert refused("UPDATE devices_device SET trial_id = %s WHERE id = %s", [full.pk, elsewhere.pk])
    assert TrialQuota.objects.get(trial=elsewhere.trial, kind="devices").used == 1


def test_bulk_paths_are_counted_too(db: None) -> None:
    trial = TrialFactory.create(devices=3)
    Device.objects.bulk_create(
        DeviceFactory.build_batch(3, trial=trial, organization=trial.organization, model=None)
    )
    assert TrialQuota.objects.get(trial=trial, kind="devices").used == 3
    Device.objects.filter(trial=trial).update(state=DeviceState.RETIRED)
    assert TrialQuota.objects.get(trial=trial, kind="devices").used == 0
    Device.objects.filter(trial=trial).delete()
    assert TrialQuota.objects.get(trial=trial, kind="devices").used == 0


def test_a_trial_without_quota_takes_no_device_at_all(db: None) -> None:
    trial = TrialFactory.create()
    TrialQuota.objects.filter(trial=trial).delete()
    assert refused(INSERT, [trial.organization_id, trial.pk, "active"])
