"""Writes of devices: registering, changing, their states."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
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
from apps.devices.domain.provisioning import provision_want
from apps.devices.enums import DeviceState, LorawanVersion
from apps.devices.models import Device, DeviceBatch, DeviceModel
from apps.devices.rules import (
    app_key_encrypt,
    clean_app_key,
    clean_dev_eui,
    clean_join_eui,
    clean_nwk_key,
)
from apps.organizations.models import Organization
from apps.trials.domain import quota_full, quota_take
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial
from apps.trials.rules import OVER
from apps.trials.selectors import quotas

if TYPE_CHECKING:
    from apps.accounts.models import User


#: To each state from which others. A retired device that returns takes a place of the quota again.
TRANSITIONS: dict[DeviceState, tuple[DeviceState, ...]] = {
    DeviceState.ACTIVE: (DeviceState.PAUSED, DeviceState.RETIRED),
    DeviceState.PAUSED: (DeviceState.ACTIVE,),
    DeviceState.RETIRED: (DeviceState.ACTIVE, DeviceState.PAUSED),
}


EUI_CONSTRAINT = "devices_device_eui_once"


QUOTA_CONSTRAINT = "trials_quota_not_over"


@dataclass(frozen=True)
class Keys:
    """Identifiers and root keys in one form: 16 and 32 lower-case digits; ``nwk_key`` may be empty."""

    dev_eui: str
    join_eui: str
    app_key: str = field(repr=False)
    nwk_key: str = field(default="", repr=False)


@sensitive_variables("app_key", "nwk_key", "keys")
def device_register(
    *,
    trial: Trial,
    actor: User | None,
    name: str,
    dev_eui: str,
    join_eui: str,
    app_key: str,
    nwk_key: str = "",
    organization: Organization | None = None,
    model: DeviceModel | None = None,
    place_name: str = "",
    place: Point | None = None,
    uplink_interval: int | None = None,
    serial_number: str = "",
    conformity_number: str = "",
    now: datetime | None = None,
) -> Device:
    """Register a device in ``trial`` for ``organization`` (default: the trial's lead).

    Identifiers may be typed in any usual way. Keys are encrypted at once and can never be read back;
    a model of LoRaWAN 1.1 needs ``nwk_key`` as well. Raises ``InvalidInput`` by field, ``QuotaFull``,
    ``Conflict`` (``dev_eui_taken``, ``trial_over``) and ``NotAllowed``.
    """
    wrong: dict[str, list[str]] = {}
    check_name(clean_line(name), wrong)
    keys = keys_checked(Keys(dev_eui, join_eui, app_key, nwk_key), model, wrong)
    owner = organization or trial.organization
    check_model(model, owner.pk, wrong)
    refuse(wrong)
    check_trial(trial, owner, now or clock.now())
    device = Device(organization=owner, trial=trial, model=model, place=place, registered_by=actor)
    device.name, device.place_name = clean_line(name), clean_line(place_name)
    device.serial_number, device.conformity_number = clean_line(serial_number), clean_line(conformity_number)
    device.uplink_interval = uplink_interval or (model.uplink_interval if model else 600)
    device_with_keys(device, keys)
    with transaction.atomic():
        quota_take(trial=trial, kind=QuotaKind.DEVICES)
        full_clean(device)
        written(device=device, insert=True)
        device_record("device.register", device, actor, {"dev_eui": device.dev_eui, "trial": trial.code})
        provision_want(device=device, actor=actor)
    return device


@sensitive_variables()
def device_with_keys(device: Device, keys: Keys) -> Device:
    """``device`` with ``keys``, the root keys encrypted; not saved."""
    secrets = settings.DEVICE_KEY_SECRETS
    device.dev_eui, device.join_eui = keys.dev_eui, keys.join_eui
    device.app_key_encrypted = app_key_encrypt(keys.app_key, secrets)
    device.nwk_key_encrypted = app_key_encrypt(keys.nwk_key, secrets) if keys.nwk_key else None
    return device


@sensitive_variables()
def keys_checked(keys: Keys, model: DeviceModel | None, wrong: dict[str, list[str]]) -> Keys:
    """``keys`` in one form; what is wrong goes to ``wrong`` by field."""
    found = Keys(
        dev_eui=_cleaned(clean_dev_eui, "dev_eui", keys.dev_eui, wrong),
        join_eui=_cleaned(clean_join_eui, "join_eui", keys.join_eui, wrong),
        app_key=_cleaned(clean_app_key, "app_key", keys.app_key, wrong),
        nwk_key=_cleaned(clean_nwk_key, "nwk_key", keys.nwk_key, wrong) if keys.nwk_key.strip() else "",
    )
    if found.dev_eui and found.app_key == found.dev_eui * 2:
        wrong["app_key"] = [_("This AppKey is only the DevEUI twice. Give the device a key of its own.")]
    version = model.lorawan_version if model else None
    if version == LorawanVersion.V1_1 and not keys.nwk_key.strip():
        wrong["nwk_key"] = [_("This model speaks LoRaWAN 1.1: it needs a NwkKey too.")]
    elif version is not None and version != LorawanVersion.V1_1 and found.nwk_key:
        text = _("This model speaks LoRaWAN %(version)s, which has no NwkKey. Leave it empty.")
        wrong["nwk_key"] = [text % {"version": version}]
    return found


def refuse(wrong: dict[str, list[str]]) -> None:
    """Raise ``InvalidInput`` with everything that is wrong, if anything is."""
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)


@sensitive_variables()
def _cleaned(clean: Callable[[str], str], name: str, value: str, wrong: dict[str, list[str]]) -> str:
    try:
        return clean(value)
    except ValidationError as error:
        wrong[name] = error.messages
        return ""


def check_name(name: str, wrong: dict[str, list[str]]) -> None:
    if not name or len(name) > 80:
        wrong["name"] = [_("Give the device a name of up to 80 characters.")]


def check_model(model: DeviceModel | None, organization: uuid.UUID, wrong: dict[str, list[str]]) -> None:
    """Refuse another company's own model, as if there were none."""
    if model is not None and model.organization_id not in (None, organization):
        wrong["model"] = [_("There is no such model.")]


def check_trial(trial: Trial, owner: Organization, now: datetime) -> None:
    """Refuse a trial that is over or in which ``owner`` takes no part."""
    if not trial.participants.filter(organization=owner).exists():
        raise NotAllowed(_("Your organization does not take part in this trial."))
    if trial.phase(now) in OVER:
        raise Conflict(_("This trial has ended. No more devices can be registered."), code="trial_over")


@sensitive_variables()
def full_clean(device: Device) -> None:
    try:
        device.full_clean(exclude=["registered_by", "replaces"], validate_constraints=False)
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None


@sensitive_variables()
def written(*, device: Device, insert: bool = False, fields: tuple[str, ...] = ()) -> None:
    """Save; what PostgreSQL refuses becomes words. The cause is dropped: its text holds the row."""
    refusal: DomainError | None = None
    try:
        with transaction.atomic():
            if insert:
                device.save(force_insert=True)
            else:
                device.save(update_fields=[*fields, "updated_at"])
    except IntegrityError as error:
        refusal = refusal_of(error, device.trial)
        if refusal is None:
            raise
    if refusal is not None:
        raise refusal


def refusal_of(error: IntegrityError, trial: Trial) -> DomainError | None:
    """What a constraint says, in words; None when it is none that people run into."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if constraint == EUI_CONSTRAINT:
        return Conflict(eui_taken_words(), code="dev_eui_taken", data={"field": "dev_eui"})
    if constraint == QUOTA_CONSTRAINT:
        row = quotas(trial).get(QuotaKind.DEVICES)
        limit, used = (row.granted, row.used) if row else (0, 0)
        return quota_full(kind=QuotaKind.DEVICES, limit=limit, used=used)
    return None


def eui_taken_words() -> str:
    """A DevEUI that somebody has; whose it is stays untold."""
    return _("This DevEUI is registered already. Check the label; if it is right, ask the secretariat.")


def device_record(action: str, device: Device, actor: User | None, data: dict[str, Any]) -> None:
    record(action=action, actor=actor, target=device, organization_id=device.organization_id, data=data)


EDITABLE = (
    "name",
    "model",
    "place_name",
    "place",
    "uplink_interval",
    "serial_number",
    "conformity_number",
)
_TEXTS = ("name", "place_name", "serial_number", "conformity_number")


@transaction.atomic
def device_edit(*, device: Device, actor: User | None, changes: dict[str, Any]) -> Device:
    """Change what describes a device (``EDITABLE``); raises ``InvalidInput`` by field."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not editable: {sorted(unknown)}")
    texts = {name: clean_line(changes[name]) for name in _TEXTS if name in changes}
    wrong: dict[str, list[str]] = {}
    if "name" in texts:
        check_name(texts["name"], wrong)
    values = {**changes, **texts}
    model = values.get("model")
    if model is not None and model.lorawan_version == LorawanVersion.V1_1 and not device.nwk_key_encrypted:
        text = _("This model speaks LoRaWAN 1.1 and needs a NwkKey. Enter the keys again first, with both.")
        wrong["model"] = [text]
    check_model(model, device.organization_id, wrong)
    refuse(wrong)
    changed = [name for name, value in values.items() if getattr(device, name) != value]
    for name in changed:
        setattr(device, name, values[name])
    if changed:
        full_clean(device)
        device.save(update_fields=[*changed, "updated_at"])
        device_record("device.edit", device, actor, {"fields": sorted(changed)})
        provision_want(device=device, actor=actor)
    return device


def device_rename(*, device: Device, name: str, actor: User | None) -> Device:
    """Give a device another name."""
    return device_edit(device=device, actor=actor, changes={"name": name})


@transaction.atomic
def device_set_state(
    *, device: Device, state: DeviceState, actor: User | None, now: datetime | None = None
) -> Device:
    """Pause, resume, retire or bring back a device; the only writer of ``state``. Twice does it once.

    PostgreSQL gives a retired device's place in the quota back in the same transaction, and takes one for
    a device that returns. Raises ``QuotaFull``, ``Conflict`` (``dev_eui_taken``, ``trial_over``).
    """
    device = device_locked(device)
    if device.state == state:
        return device
    before = DeviceState(device.state)
    if before not in TRANSITIONS[state]:
        raise Conflict(_("A retired device cannot be paused. Bring it back first."), code="device_retired")
    if before == DeviceState.RETIRED:
        check_trial(device.trial, device.organization, now or clock.now())
        quota_take(trial=device.trial, kind=QuotaKind.DEVICES)
    device.state = state
    device.retired_at = (now or clock.now()) if state == DeviceState.RETIRED else None
    written(device=device, fields=("state", "retired_at"))
    device_record("device.state", device, actor, {"from": str(before), "to": str(state)})
    provision_want(device=device, actor=actor, now=now)
    return device


def device_locked(device: Device) -> Device:
    """The device as it is now, locked until the end of the transaction."""
    rows = Device.objects.select_for_update(of=("self",)).select_related("trial", "organization", "model")
    return rows.get(pk=device.pk)


def device_retire(*, device: Device, actor: User | None) -> Device:
    """Retire a device: its data stays, its place in the quota and its DevEUI are free."""
    return device_set_state(device=device, state=DeviceState.RETIRED, actor=actor)


def device_unretire(*, device: Device, actor: User | None, now: datetime | None = None) -> Device:
    """Bring a retired device back, with its keys and history; it takes a place of the quota again."""
    return device_set_state(device=device, state=DeviceState.ACTIVE, actor=actor, now=now)


@transaction.atomic
def organization_devices_move(*, keep: Organization, gone: Organization) -> None:
    """Devices of ``gone`` become those of ``keep``, with files being looked through; they stay in their
    trials, so no quota changes."""
    Device.objects.filter(organization=gone).update(organization=keep)
    DeviceBatch.objects.filter(organization=gone).update(organization=keep)
