"""Writes of devices: registering, changing, retiring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, DomainError, InvalidInput, NotAllowed
from apps.core.text import clean_line
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceModel
from apps.devices.rules import app_key_encrypt, clean_app_key, clean_dev_eui, clean_join_eui
from apps.organizations.models import Organization
from apps.trials.domain import quota_full, quota_take
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial
from apps.trials.rules import OVER
from apps.trials.selectors import quotas

if TYPE_CHECKING:
    from apps.accounts.models import User


#: To each state from which others. Retired is the end: a device that returns is registered anew.
TRANSITIONS: dict[DeviceState, tuple[DeviceState, ...]] = {
    DeviceState.ACTIVE: (DeviceState.PAUSED,),
    DeviceState.PAUSED: (DeviceState.ACTIVE,),
    DeviceState.RETIRED: (DeviceState.ACTIVE, DeviceState.PAUSED),
}


EUI_CONSTRAINT = "devices_device_eui_once"


QUOTA_CONSTRAINT = "trials_quota_not_over"


@sensitive_variables("app_key", "key")
def device_register(
    *,
    trial: Trial,
    actor: User | None,
    name: str,
    dev_eui: str,
    join_eui: str,
    app_key: str,
    organization: Organization | None = None,
    model: DeviceModel | None = None,
    place_name: str = "",
    place: Point | None = None,
    uplink_interval: int | None = None,
    now: datetime | None = None,
) -> Device:
    """Register a device in ``trial`` for ``organization`` (default: the trial's lead).

    Identifiers may be typed in any usual way. The AppKey is encrypted at once and can never be read
    back. Raises ``InvalidInput`` by field, ``QuotaFull``, ``Conflict`` (``dev_eui_taken``,
    ``trial_over``) and ``NotAllowed``.
    """
    eui, join, key = _identifiers(clean_line(name), dev_eui, join_eui, app_key)
    owner = organization or trial.organization
    _check_trial(trial, owner, now or clock.now())
    device = Device(
        organization=owner,
        trial=trial,
        model=model,
        name=clean_line(name),
        dev_eui=eui,
        join_eui=join,
        app_key_encrypted=app_key_encrypt(key, settings.DEVICE_KEY_SECRETS),
        place_name=clean_line(place_name),
        place=place,
        uplink_interval=uplink_interval or (model.uplink_interval if model else 600),
        registered_by=actor,
    )
    with transaction.atomic():
        quota_take(trial=trial, kind=QuotaKind.DEVICES)
        _full_clean(device)
        _insert(device)
        _record("device.register", device, actor, {"dev_eui": eui, "trial": trial.code})
    return device


@sensitive_variables()
def _identifiers(name: str, dev_eui: str, join_eui: str, app_key: str) -> tuple[str, str, str]:
    """DevEUI, JoinEUI and AppKey in one form; raises ``InvalidInput`` with everything that is wrong."""
    wrong: dict[str, list[str]] = {}
    eui = _cleaned(clean_dev_eui, "dev_eui", dev_eui, wrong)
    join = _cleaned(clean_join_eui, "join_eui", join_eui, wrong)
    key = _cleaned(clean_app_key, "app_key", app_key, wrong)
    _check_name(name, wrong)
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)
    return eui, join, key


@sensitive_variables()
def _cleaned(clean: Callable[[str], str], field: str, value: str, wrong: dict[str, list[str]]) -> str:
    try:
        return clean(value)
    except ValidationError as error:
        wrong[field] = error.messages
        return ""


def _check_name(name: str, wrong: dict[str, list[str]]) -> None:
    if not name or len(name) > 80:
        wrong["name"] = [_("Give the device a name of up to 80 characters.")]


def _check_trial(trial: Trial, owner: Organization, now: datetime) -> None:
    if not trial.participants.filter(organization=owner).exists():
        raise NotAllowed(_("Your organization does not take part in this trial."))
    if trial.phase(now) in OVER:
        raise Conflict(_("This trial has ended. No more devices can be registered."), code="trial_over")


@sensitive_variables()
def _full_clean(device: Device) -> None:
    try:
        device.full_clean(exclude=["registered_by"], validate_constraints=False)
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None


@sensitive_variables()
def _insert(device: Device) -> None:
    """Insert; what PostgreSQL refuses becomes words. The cause is dropped: its text holds the row."""
    refusal: DomainError | None = None
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError as error:
        refusal = _refusal(error, device)
        if refusal is None:
            raise
    if refusal is not None:
        raise refusal


def _refusal(error: IntegrityError, device: Device) -> DomainError | None:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if constraint == EUI_CONSTRAINT:
        text = _("This DevEUI is registered already. Check the label; if it is right, ask the secretariat.")
        return Conflict(text, code="dev_eui_taken", data={"field": "dev_eui"})
    if constraint == QUOTA_CONSTRAINT:
        row = quotas(device.trial).get(QuotaKind.DEVICES)
        limit, used = (row.granted, row.used) if row else (0, 0)
        return quota_full(kind=QuotaKind.DEVICES, limit=limit, used=used)
    return None


def _record(action: str, device: Device, actor: User | None, data: dict[str, Any]) -> None:
    record(action=action, actor=actor, target=device, organization_id=device.organization_id, data=data)


EDITABLE = ("name", "model", "place_name", "place", "uplink_interval")


@transaction.atomic
def device_edit(*, device: Device, actor: User | None, changes: dict[str, Any]) -> Device:
    """Change name, model, place or interval (``EDITABLE``); raises ``InvalidInput`` by field."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not editable: {sorted(unknown)}")
    texts = {name: clean_line(changes[name]) for name in ("name", "place_name") if name in changes}
    wrong: dict[str, list[str]] = {}
    if "name" in texts:
        _check_name(texts["name"], wrong)
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)
    values = {**changes, **texts}
    changed = [name for name, value in values.items() if getattr(device, name) != value]
    for name in changed:
        setattr(device, name, values[name])
    if changed:
        _full_clean(device)
        device.save(update_fields=[*changed, "updated_at"])
        _record("device.edit", device, actor, {"fields": sorted(changed)})
    return device


def device_rename(*, device: Device, name: str, actor: User | None) -> Device:
    """Give a device another name."""
    return device_edit(device=device, actor=actor, changes={"name": name})


@transaction.atomic
def device_set_state(*, device: Device, state: DeviceState, actor: User | None) -> Device:
    """Pause, resume or retire a device; the only writer of ``state``. Doing it twice does it once.

    PostgreSQL gives a retired device's place in the quota back in the same transaction.
    """
    device = Device.objects.select_for_update(of=("self",)).select_related("trial").get(pk=device.pk)
    if device.state == state:
        return device
    if DeviceState(device.state) not in TRANSITIONS[state]:
        raise Conflict(_("A retired device cannot come back. Register it again."), code="device_retired")
    before, device.state = device.state, state
    device.save(update_fields=["state", "updated_at"])
    _record("device.state", device, actor, {"from": str(before), "to": str(state)})
    return device


def device_retire(*, device: Device, actor: User | None) -> Device:
    """Retire a device for good: its data stays, its place in the quota and its DevEUI are free."""
    return device_set_state(device=device, state=DeviceState.RETIRED, actor=actor)


@transaction.atomic
def organization_devices_move(*, keep: Organization, gone: Organization) -> None:
    """Devices of ``gone`` become those of ``keep``; they stay in their trials, so no quota changes."""
    Device.objects.filter(organization=gone).update(organization=keep)
