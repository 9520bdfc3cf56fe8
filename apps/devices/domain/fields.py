"""What a device's own people call its decoded values, over what the model says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.text import clean_line
from apps.devices.domain.device import device_locked, device_record
from apps.devices.models import Device

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Characters of the texts, and the most decimals; names as they are rolled up.
TEXTS: Final = {"label": 40, "label_en": 40, "unit": 16}
NUMBERS: Final = ("low", "high")
DECIMALS_MOST, NAME_LENGTH, FIELDS_MOST = 6, 60, 60


@transaction.atomic
def device_fields_save(
    *, device: Device, actor: User | None, fields: Mapping[str, Mapping[str, Any]]
) -> Device:
    """Keep what ``fields`` says of decoded values: ``{name: {label, label_en, unit, decimals, low, high}}``.

    What is empty is left to the model; a name without anything goes. Raises ``InvalidInput`` by
    ``<name>.<part>``.
    """
    kept = fields_checked(fields)
    device = device_locked(device)
    if device.fields != kept:
        changed = sorted(
            name for name in {*device.fields, *kept} if device.fields.get(name) != kept.get(name)
        )
        device.fields = kept
        device.save(update_fields=["fields", "updated_at"])
        device_record("device.fields", device, actor, {"fields": changed})
    return device


def fields_checked(
    fields: Mapping[str, Mapping[str, Any]], *, keep_empty: bool = False
) -> dict[str, dict[str, Any]]:
    """``fields`` in one form, in their order; of what nothing is said only with ``keep_empty``.

    Raises ``InvalidInput`` by ``<name>.<part>``.
    """
    if len(fields) > FIELDS_MOST:
        words = _("At most %(most)d values.") % {"most": FIELDS_MOST}
        raise InvalidInput(words, fields={"": [words]})
    wrong: dict[str, list[str]] = {}
    rows = {name: _row(name, given, wrong) for name, given in fields.items()}
    if keep_empty:
        wrong.update({f"{name}.name": [_no_name()] for name in fields if _is_no_name(name)})
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)
    return {name: row for name, row in rows.items() if row or keep_empty}


def _is_no_name(name: str) -> bool:
    return not name or len(name) > NAME_LENGTH or "\x00" in name


def _no_name() -> str:
    return _("There is no such value.")


def _row(name: str, given: Mapping[str, Any], wrong: dict[str, list[str]]) -> dict[str, Any]:
    """What is said of ``name``, without what is not said."""
    row: dict[str, Any] = {part: text for part in TEXTS if (text := clean_line(str(given.get(part) or "")))}
    for part, most in TEXTS.items():
        if len(row.get(part, "")) > most:
            wrong[f"{name}.{part}"] = [_("At most %(most)s characters.") % {"most": most}]
    decimals = given.get("decimals")
    if decimals is not None:
        row["decimals"] = int(decimals)
        if not 0 <= row["decimals"] <= DECIMALS_MOST:
            wrong[f"{name}.decimals"] = [_("Between 0 and %(most)s.") % {"most": DECIMALS_MOST}]
    row.update({part: float(given[part]) for part in NUMBERS if given.get(part) is not None})
    if "low" in row and "high" in row and row["low"] >= row["high"]:
        wrong[f"{name}.high"] = [_("The highest must be more than the lowest.")]
    if row and _is_no_name(name):
        wrong[f"{name}.label"] = [_no_name()]
    return row
