"""Registering many devices by a file: sent, looked through, mended, then all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, DomainError, InvalidInput
from apps.core.sealing import seal
from apps.devices.domain.device import (
    Keys,
    check_trial,
    device_record,
    device_with_keys,
    refusal_of,
)
from apps.devices.domain.provisioning import provisions_want_new
from apps.devices.models import Device, DeviceBatch, DeviceModel
from apps.devices.rules.sheet import COLUMNS, MOST_CELL, SheetRow, read_sheet
from apps.devices.selectors.batch import Checked, CheckedRow, batch_rows, checked_batch, checked_rows
from apps.organizations.models import Organization
from apps.trials.domain import quota_take
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User

#: How long a file is kept between looking it through and registering; every mend begins it anew.
KEPT_FOR = timedelta(hours=1)


@sensitive_variables()
def batch_make(
    *,
    trial: Trial,
    organization: Organization,
    actor: User,
    content: bytes,
    now: datetime | None = None,
) -> DeviceBatch:
    """Keep the rows of a CSV file for an hour, encrypted. An earlier file of ``actor`` for it is dropped.

    Raises ``InvalidInput`` (field ``file``) when it is no such file, ``Conflict`` and ``NotAllowed`` as
    registering one device does.
    """
    now = now or clock.now()
    check_trial(trial, organization, now)
    try:
        rows = read_sheet(content)
    except ValidationError as error:
        raise InvalidInput(_("This file cannot be taken."), fields={"file": error.messages}) from None
    batch = DeviceBatch(trial=trial, organization=organization, made_by=actor)
    with transaction.atomic():
        DeviceBatch.objects.filter(trial=trial, organization=organization, made_by=actor).delete()
        _keep(batch, rows, now)
    return batch


@sensitive_variables()
def _keep(batch: DeviceBatch, rows: Sequence[SheetRow], now: datetime) -> None:
    content = orjson.dumps([{"line": row.line, "values": row.values} for row in rows])
    batch.sealed = seal(content, settings.DEVICE_KEY_SECRETS)
    batch.expires_at = now + KEPT_FOR
    batch.save()


@sensitive_variables()
@transaction.atomic
def batch_mend(
    *,
    batch: DeviceBatch,
    mends: Mapping[int, Mapping[str, str]],
    left_out: Sequence[int] = (),
    now: datetime | None = None,
) -> DeviceBatch:
    """Write over cells (``{line: {column: text}}``) and leave lines out; the other rows stay as they are.

    An empty text for a column that held a key keeps what was there: keys never go to the page.
    """
    batch = (
        DeviceBatch.objects.select_for_update(of=("self",))
        .select_related("trial", "organization")
        .get(pk=batch.pk)
    )
    rows = [
        SheetRow(row.line, _mended(row.values, mends.get(row.line, {})))
        for row in batch_rows(batch)
        if row.line not in left_out
    ]
    _keep(batch, rows, now or clock.now())
    return batch


@sensitive_variables()
def _mended(values: Mapping[str, str], mend: Mapping[str, str]) -> dict[str, str]:
    found = dict(values)
    for code, text in mend.items():
        if code == "extra" or (code in COLUMNS and (text.strip() or code not in ("app_key", "nwk_key"))):
            found[code] = text.strip()[:MOST_CELL]
    return found


@transaction.atomic
def batch_discard(*, batch: DeviceBatch) -> None:
    """Forget a file."""
    batch.delete()


def batches_clean_up(*, now: datetime | None = None) -> int:
    """Forget files whose hour is over; how many."""
    return DeviceBatch.objects.filter(expires_at__lte=now or clock.now()).delete()[0]


@sensitive_variables()
def batch_register(*, batch: DeviceBatch, actor: User, now: datetime | None = None) -> list[Device]:
    """Register every row of a file, or none: one transaction with quota, devices and provisioning.

    Raises ``QuotaFull``, ``InvalidInput`` when rows have faults (look the file through again), ``Conflict``.
    """
    with transaction.atomic():
        batches = DeviceBatch.objects.select_for_update(of=("self",)).select_related("trial", "organization")
        locked = batches.filter(pk=batch.pk).first()
        if locked is None:
            text = _("This file is registered or dropped already. Look at the list of devices.")
            raise Conflict(text, code="batch_gone")
        devices = _all_registered(checked_batch(locked), locked.trial, locked.organization, actor, now)
        locked.delete()
    return devices


@sensitive_variables()
def devices_register(
    *,
    trial: Trial,
    organization: Organization,
    actor: User | None,
    rows: Sequence[SheetRow],
    now: datetime | None = None,
) -> list[Device]:
    """Register ``rows`` (cells as in a file) without keeping them between; errors as ``batch_register``."""
    with transaction.atomic():
        checked = checked_rows(rows, trial=trial, organization=organization)
        return _all_registered(checked, trial, organization, actor, now)


@sensitive_variables()
def _all_registered(
    checked: Checked, trial: Trial, owner: Organization, actor: User | None, now: datetime | None
) -> list[Device]:
    check_trial(trial, owner, now or clock.now())
    quota_take(trial=trial, kind=QuotaKind.DEVICES, amount=len(checked.rows))
    if checked.faulty:
        fields = {f"{row.line}/{name}": texts for row in checked.faulty for name, texts in row.faults.items()}
        raise InvalidInput(_("Some lines have faults. Nothing was registered."), fields=fields)
    models = DeviceModel.objects.in_bulk({row.values["model_id"] for row in checked.rows} - {None})
    # In one order, so that two files with the same devices do not wait for each other.
    rows = sorted(checked.rows, key=lambda row: str(row.values["dev_eui"]))
    devices = [_device(row, models.get(row.values["model_id"]), trial, owner, actor) for row in rows]
    _insert(devices, trial)
    data = {"trial": trial.code, "count": len(devices)}
    record(action="device.import", actor=actor, target=trial, organization_id=owner.pk, data=data)
    for device in devices:
        device_record("device.register", device, actor, {"dev_eui": device.dev_eui, "trial": trial.code})
    provisions_want_new(trial=trial, devices=devices, actor=actor, now=now)
    return devices


@sensitive_variables()
def _device(
    row: CheckedRow, model: DeviceModel | None, trial: Trial, owner: Organization, actor: User | None
) -> Device:
    values = row.values
    texts = ("name", "place_name", "place", "serial_number", "conformity_number")
    device = Device(
        **{name: values[name] for name in texts},
        organization=owner,
        trial=trial,
        model=model,
        uplink_interval=model.uplink_interval if model else 600,
        registered_by=actor,
    )
    keys = Keys(values["dev_eui"], values["join_eui"], values["app_key"], values["nwk_key"])
    return device_with_keys(device, keys)


@sensitive_variables()
def _insert(devices: Sequence[Device], trial: Trial) -> None:
    """Insert all; what PostgreSQL refuses becomes words. The cause is dropped: its text holds a row."""
    refusal: DomainError | None = None
    try:
        with transaction.atomic():
            Device.objects.bulk_create(devices)
    except IntegrityError as error:
        refusal = refusal_of(error, trial)
        if refusal is None:
            raise
    if refusal is not None:
        raise refusal
