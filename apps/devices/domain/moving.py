"""Devices that move to another trial, get other hardware or other keys."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.core import clock
from apps.core.errors import Conflict
from apps.devices.domain.device import (
    Keys,
    check_model,
    check_trial,
    device_locked,
    device_record,
    device_retire,
    device_with_keys,
    full_clean,
    keys_checked,
    refuse,
    written,
)
from apps.devices.domain.provisioning import provision_want
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceModel
from apps.devices.rules.sight import stay_left
from apps.trials.domain import quota_take
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial, TrialQuota

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def device_move(*, device: Device, trial: Trial, actor: User | None, now: datetime | None = None) -> Device:
    """Move a device to another trial of its organization; both quotas change together or neither.

    What it sent so far stays with the trial in which it sent it: whoever sees the device only through its
    new trial sees what comes from ``now`` on (``Device.sight``). Raises ``QuotaFull`` (of the trial it
    would go to), ``Conflict`` (``trial_over``, ``device_retired``) and ``NotAllowed``.
    """
    device, now = device_locked(device), now or clock.now()
    if device.trial_id == trial.pk:
        return device
    if device.state == DeviceState.RETIRED:
        raise Conflict(_("A retired device cannot move. Bring it back first."), code="device_retired")
    check_trial(trial, device.organization, now)
    # Two moves that cross would wait for each other's row: both take the rows in one order.
    both = TrialQuota.objects.filter(trial__in=[device.trial_id, trial.pk], kind=QuotaKind.DEVICES)
    list(both.select_for_update().order_by("pk"))
    quota_take(trial=trial, kind=QuotaKind.DEVICES)
    before, device.trial = device.trial, trial
    since, device.joined_trial_at = device.joined_trial_at, now
    device.earlier_trials = [*device.earlier_trials, stay_left(before.pk, since, now)]
    written(device=device, fields=("trial", "joined_trial_at", "earlier_trials"))
    device_record("device.move", device, actor, {"from": before.code, "to": trial.code})
    provision_want(device=device, actor=actor, now=now)
    return device


@sensitive_variables("keys")
@transaction.atomic
def device_replace(
    *,
    device: Device,
    actor: User | None,
    keys: Keys,
    model: DeviceModel | None = None,
    serial_number: str = "",
    conformity_number: str = "",
    now: datetime | None = None,
) -> Device:
    """Put other hardware in the place of ``device``: the new device has its name, place and trial.

    ``device`` is retired and keeps its data; the quota stays as it is, so this works when it is full.
    Raises ``InvalidInput`` by field and ``Conflict`` (``dev_eui_taken``, ``device_retired``, ``trial_over``).
    """
    wrong: dict[str, list[str]] = {}
    model = model or device.model
    keys = keys_checked(keys, model, wrong)
    check_model(model, device.organization_id, wrong)
    refuse(wrong)
    old = device_locked(device)
    if old.state == DeviceState.RETIRED:
        text = _("This device is retired already. Bring it back, or register the new one.")
        raise Conflict(text, code="device_retired")
    if keys.dev_eui == old.dev_eui:
        text = _("This is the DevEUI of the old device. If only its keys changed, enter those.")
        refuse({"dev_eui": [text]})
    check_trial(old.trial, old.organization, now or clock.now())
    copied = ("organization", "trial", "name", "place_name", "place", "uplink_interval")
    new = Device(
        **{name: getattr(old, name) for name in copied},
        model=model,
        serial_number=serial_number,
        conformity_number=conformity_number,
        registered_by=actor,
        replaces=old,
    )
    device_with_keys(new, keys)
    full_clean(new)
    device_retire(device=old, actor=actor)
    written(device=new, insert=True)
    device_record("device.replace", new, actor, {"dev_eui": new.dev_eui, "instead_of": old.dev_eui})
    provision_want(device=new, actor=actor, now=now)
    return new


@sensitive_variables("app_key", "nwk_key", "keys")
@transaction.atomic
def device_rekey(
    *, device: Device, actor: User | None, join_eui: str, app_key: str, nwk_key: str = ""
) -> Device:
    """Enter the keys of a device again, because they were wrong or were changed in it.

    Raises ``InvalidInput`` by field, ``Conflict`` (``device_retired``).
    """
    device = device_locked(device)
    if device.state == DeviceState.RETIRED:
        raise Conflict(_("This device is retired. Bring it back first."), code="device_retired")
    wrong: dict[str, list[str]] = {}
    # A NwkKey may come before the model is set to one of LoRaWAN 1.1.
    needs = device.model if device.model and (not nwk_key or device.nwk_key_encrypted) else None
    keys = keys_checked(Keys(device.dev_eui, join_eui, app_key, nwk_key), needs, wrong)
    refuse(wrong)
    device_with_keys(device, keys)
    full_clean(device)
    written(device=device, fields=("join_eui", "app_key_encrypted", "nwk_key_encrypted"))
    device_record("device.rekey", device, actor, {})
    provision_want(device=device, actor=actor)
    return device
