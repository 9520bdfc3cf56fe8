"""A file of devices looked through: an answer for every row."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.core import clock
from apps.core.errors import NotFound
from apps.core.sealing import unseal
from apps.core.text import clean_line
from apps.devices.enums import LorawanVersion
from apps.devices.models import Device, DeviceBatch, DeviceModel
from apps.devices.rules import clean_app_key, clean_dev_eui, clean_join_eui, clean_nwk_key
from apps.devices.rules.names import ModelNames
from apps.devices.rules.sheet import SheetRow, clean_degrees, clean_identifier, repeated, with_label
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.selectors import quotas

if TYPE_CHECKING:
    from apps.accounts.models import User

_CLEAN = {
    "dev_eui": clean_dev_eui,
    "join_eui": clean_join_eui,
    "app_key": clean_app_key,
    "nwk_key": clean_nwk_key,
}
_TEXTS = (("name", 80), ("place_name", 200), ("serial_number", 64), ("conformity_number", 40))


@dataclass
class CheckedRow:
    """A row as it would be registered: ``typed`` its cells, ``faults`` by column (none when it is good)."""

    line: int
    typed: dict[str, str] = field(repr=False)
    values: dict[str, Any] = field(repr=False, default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """A file looked through; ``limit`` and ``used`` are the quota of the trial now."""

    rows: list[CheckedRow] = field(repr=False)
    limit: int
    used: int

    @property
    def good(self) -> list[CheckedRow]:
        return [row for row in self.rows if not row.faults]

    @property
    def faulty(self) -> list[CheckedRow]:
        return [row for row in self.rows if row.faults]

    @property
    def wanted(self) -> int:
        return len(self.rows)

    @property
    def free(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def surplus(self) -> int:
        """How many more than the quota gives."""
        return max(0, self.wanted - self.free)

    @property
    def is_ready(self) -> bool:
        return bool(self.rows) and not self.faulty and not self.surplus


def access_batch(
    *, actor: User | Any, trial: Trial, organization: Organization, pk: uuid.UUID
) -> DeviceBatch:
    """The file that ``actor`` sent for this trial, while it is kept; else ``NotFound``."""
    found = (
        DeviceBatch.objects.alive(clock.now())
        .filter(pk=pk, made_by=actor, trial=trial, organization=organization)
        .select_related("trial", "organization")
        .first()
    )
    if found is None:
        raise NotFound(_("This file is not kept any longer. Please send it again."))
    return found


@sensitive_variables()
def batch_rows(batch: DeviceBatch) -> list[SheetRow]:
    """The rows of a kept file; ``NotFound`` when its key is gone."""
    try:
        rows = orjson.loads(unseal(bytes(batch.sealed), settings.DEVICE_KEY_SECRETS))
    except InvalidToken:
        raise NotFound(_("This file is not kept any longer. Please send it again.")) from None
    return [SheetRow(row["line"], row["values"]) for row in rows]


@sensitive_variables()
def checked_batch(batch: DeviceBatch) -> Checked:
    """A kept file looked through as things are now."""
    return checked_rows(batch_rows(batch), trial=batch.trial, organization=batch.organization)


@sensitive_variables()
def checked_rows(rows: Sequence[SheetRow], *, trial: Trial, organization: Organization) -> Checked:
    """Every row with what is wrong in it: in itself, against the rows before it, against the city."""
    names = ModelNames(
        (
            model.pk,
            model.maker,
            model.name,
            model.lorawan_version,
            tuple(model.profile_ids),
            model.organization_id is not None,
        )
        for model in DeviceModel.objects.usable_by(organization)
    )
    found = [_checked(row, names) for row in rows]
    lines: dict[str, int] = {}
    for row in found:
        eui = row.values.get("dev_eui", "")
        if fault := repeated(lines, eui):
            row.faults.setdefault("dev_eui", fault)
        elif eui:
            lines[eui] = row.line
    _against_the_city(found, organization)
    quota = quotas(trial).get("devices")
    return Checked(found, quota.granted if quota else 0, quota.used if quota else 0)


def _against_the_city(rows: Sequence[CheckedRow], organization: Organization) -> None:
    """One's own registered devices are named; of another's only that it is registered."""
    euis = [row.values["dev_eui"] for row in rows if row.values.get("dev_eui")]
    taken = {
        device.dev_eui: device
        for device in Device.objects.counted().filter(dev_eui__in=euis).select_related("trial")
    }
    for row in rows:
        device = taken.get(row.values.get("dev_eui", ""))
        if device is None or "dev_eui" in row.faults:
            continue
        if device.organization_id == organization.pk:
            text = _("Your organization has registered it already: %(name)s in trial %(code)s.")
            row.faults["dev_eui"] = [text % {"name": device.name, "code": device.trial.code}]
        else:
            row.faults["dev_eui"] = [
                _("This DevEUI is registered already. Check the label; if it is right, ask the secretariat.")
            ]


@sensitive_variables()
def _checked(row: SheetRow, names: ModelNames) -> CheckedRow:
    found = CheckedRow(row.line, row.values)
    if row.values.get("extra"):
        found.faults["extra"] = [
            _("This line has more cells than headings. A text with a comma must stand in quotes.")
        ]
    try:
        typed = with_label(row.values)
    except ValidationError as error:
        found.faults["qr"] = error.messages
        typed = dict(row.values)
    if "qr" not in found.faults:
        _identifiers(found, typed)
    _texts(found, typed)
    _model(found, typed, names)
    latitude, longitude, wrong = clean_degrees(typed)
    found.faults |= wrong
    known = latitude is not None and longitude is not None and not wrong
    found.values["place"] = Point(longitude, latitude, srid=4326) if known else None
    return found


@sensitive_variables()
def _identifiers(found: CheckedRow, typed: Mapping[str, str]) -> None:
    for code, clean in _CLEAN.items():
        text = typed.get(code, "")
        found.values[code] = ""
        if code == "nwk_key" and not text.strip():
            continue
        try:
            found.values[code] = clean_identifier(code, text, clean)
        except ValidationError as error:
            found.faults[code] = error.messages
    if found.values["dev_eui"] and found.values["app_key"] == found.values["dev_eui"] * 2:
        text = _("This AppKey is only the DevEUI twice. Give the device a key of its own.")
        found.faults["app_key"] = [text]


def _texts(found: CheckedRow, typed: Mapping[str, str]) -> None:
    for name, most in _TEXTS:
        text = clean_line(typed.get(name, ""))
        found.values[name] = text
        if name == "name" and not text:
            found.faults["name"] = [_("Give the device a name of up to 80 characters.")]
        elif len(text) > most:
            found.faults[name] = [_("Write up to %(most)d characters.") % {"most": most}]


def _model(found: CheckedRow, typed: Mapping[str, str], names: ModelNames) -> None:
    text = clean_line(typed.get("model", ""))
    model = names.find(text) if text else names.of_label(typed.get("profile_id", ""))
    found.values["model_id"] = model.pk if model else None
    if text and model is None:
        fault = _(
            "No model “%(name)s” is in the list. Write maker and model as in the list, or leave it empty."
        )
        near = names.near(text)
        hint = [_("Did you mean “%(name)s”?") % {"name": near}] if near else []
        found.faults["model"] = [fault % {"name": text[:60]}, *hint]
    if model is None:
        return
    if model.version == LorawanVersion.V1_1 and not typed.get("nwk_key", "").strip():
        found.faults["nwk_key"] = [_("This model speaks LoRaWAN 1.1: it needs a NwkKey too.")]
    elif model.version != LorawanVersion.V1_1 and found.values.get("nwk_key"):
        fault = _("This model speaks LoRaWAN %(version)s, which has no NwkKey. Leave it empty.")
        found.faults["nwk_key"] = [fault % {"version": model.version}]
