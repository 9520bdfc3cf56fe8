"""Twenty processes and raw SQL against one quota."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.devices.domain import QUOTA_CONSTRAINT
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.trials.models import Trial, TrialQuota
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory

PROCESSES = 20
GRANTED = 7

RACER = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
from apps.core.errors import QuotaFull
from apps.devices.domain import device_register
from apps.trials.models import Trial
trial = Trial.objects.get(code=sys.argv[2])
number = int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
try:
    device_register(trial=trial, actor=None, name=f"R{number}", dev_eui=f"{0x70b3d57ed0070000 + number:016x}",
                    join_eui="0" * 16, app_key="8f3c2a1b9d4e5f60718293a4b5c6d7e8")
    print(json.dumps({"registered": True}))
except QuotaFull as refusal:
    print(json.dumps({"registered": False, "code": refusal.code, **refusal.data}))
"""


def start(database: str, code: str, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RACER, database, code, str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def race(racers: list[subprocess.Popen[str]]) -> list[str]:
    """Let all go at once; what each answered."""
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return [racer.communicate(timeout=60)[0] for racer in racers]


@pytest.mark.django_db(transaction=True)
def test_quota_raced_by_twenty_processes_gives_exactly_what_is_granted() -> None:
    trial = TrialFactory.create(code="2025-900", devices=GRANTED)
    database = str(connection.settings_dict["NAME"])
    with ExitStack() as stack:
        racers = [stack.enter_context(start(database, trial.code, number)) for number in range(PROCESSES)]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        answers = [json.loads(text) for text in race(racers)]
    assert [racer.returncode for racer in racers] == [0] * PROCESSES
    assert sum(answer["registered"] for answer in answers) == GRANTED
    refusals = [answer for answer in answers if not answer["registered"]]
    assert {(answer["code"], answer["limit"]) for answer in refusals} == {("quota_full", GRANTED)}
    assert Device.objects.filter(trial=trial).count() == GRANTED
    assert TrialQuota.objects.get(trial=trial, kind="devices").used == GRANTED


INSERT = """
INSERT INTO devices_device (id, created_at, updated_at, organization_id, trial_id, name, dev_eui, join_eui,
                            app_key_encrypted, place_name, state, uplink_interval,
                            serial_number, conformity_number)
VALUES (gen_random_uuid(), now(), now(), %s, %s, 'raw', '70b3d57ed0080001', '0000000000000000', 'x', '',
        %s, 600, '', '')
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
