"""What telemetry offers for export: how it is asked for, and who may see it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.errors import InvalidInput, NotFound
from apps.devices.models import Device
from apps.devices.selectors import access_device, access_device_by_key
from apps.exports.rules import Contents, ExportKind, register_export
from apps.organizations.models import Organization
from apps.telemetry.rules.export_words import EVENTS, HOURS, LABELS, UPLINKS, range_of, stem_of, title_of
from apps.telemetry.selectors import exporting
from apps.telemetry.selectors.fields import words_of_fields
from apps.trials.models import Participant, Trial
from apps.trials.selectors import trials_of

CONTENTS = ("values", "raw")
_KNOWN = {"trial", "device", "since", "until", "fields", "content"}


def _refuse(name: str, words: str) -> InvalidInput:
    return InvalidInput(words, fields={name: [words]})


def clean(
    kind: str, organization: Organization, actor: Any, asked: Mapping[str, Any]
) -> tuple[dict[str, Any], uuid.UUID]:
    """``params`` of an export of ``kind``, and its trial. Names that start with ``_`` are not shown."""
    for name in sorted(set(asked) - _KNOWN):
        raise _refuse("params", _("There is no parameter “%(name)s”.") % {"name": str(name)[:40]})
    trial, device = _place(organization, actor, asked)
    since, until = _moment(asked, "since"), _moment(asked, "until") or clock.now()
    if since and since >= until:
        raise _refuse("until", _("“until” must be later than “since”."))
    content = asked.get("content") or CONTENTS[0]
    if content not in CONTENTS:
        raise _refuse("content", _("Give one of: %(values)s.") % {"values": ", ".join(CONTENTS)})
    params: dict[str, Any] = {
        "trial": trial.code,
        "trial_title": trial.title,
        "_trial_title_en": trial.title_en,
        "device": str(device.pk) if device else None,
        "device_name": device.name if device else "",
        "since": since.isoformat() if since else None,
        "until": until.isoformat(),
        "own_only": isinstance(actor, ApiKey),
        "_trial": str(trial.pk),
        "_organization": str(organization.pk),
        # Of one device everything is given to who sees all of its past, as on its page.
        "_whole": device is not None and device.is_seen_whole and device.joined_trial_at is not None,
    }
    if kind == UPLINKS:
        params["content"] = content
    if kind in (UPLINKS, HOURS):
        params["fields"] = _fields(asked.get("fields"), params)
    return params, trial.pk


def _place(organization: Organization, actor: Any, asked: Mapping[str, Any]) -> tuple[Trial, Device | None]:
    """The trial, and the device if one is named. What the actor may not see does not exist."""
    if asked.get("device"):
        try:
            pk = uuid.UUID(str(asked["device"]))
        except ValueError:
            raise _refuse("device", _("There is no such device.")) from None
        if isinstance(actor, ApiKey):
            device = access_device_by_key(key=actor, pk=pk)
        else:
            device = access_device(actor=actor, organization=organization.pk, pk=pk)
        if asked.get("trial") and device.trial.code != asked["trial"]:
            raise _refuse("device", _("This device belongs to another trial."))
        return device.trial, device
    if not isinstance(asked.get("trial"), str) or not asked["trial"]:
        raise _refuse("trial", _("Say which trial (its number) or which device (its id)."))
    # PostgreSQL takes no U+0000; without it the number is another, and there is none such.
    trials = trials_of(organization).filter(code=asked["trial"].replace("\0", "�"))
    if isinstance(actor, ApiKey):
        limited = list(actor.trials.values_list("pk", flat=True))
        trials = trials.filter(pk__in=limited) if limited else trials
    trial = trials.first()
    if trial is None:
        raise NotFound(_("There is no such trial."))
    return trial, None


def _moment(asked: Mapping[str, Any], name: str) -> datetime | None:
    """ISO 8601; without an offset the time in Japan, a day alone its beginning."""
    value = asked.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, datetime):
        return value
    try:
        found: datetime | date | None = parse_datetime(str(value)) or parse_date(str(value))
        if found is not None and not isinstance(found, datetime):
            found = datetime.combine(found, time.min)
        if isinstance(found, datetime):
            aware = found if found.tzinfo else found.replace(tzinfo=clock.TOKYO)
            # What no calendar in Japan can say is refused here, not when the words are made.
            aware.astimezone(clock.TOKYO).isoformat()
            return aware
    except (ValueError, OverflowError):
        pass
    raise _refuse(name, _("Give a time such as 2026-11-01T09:00:00+09:00."))


def _fields(wanted: Any, params: Mapping[str, Any]) -> list[str]:
    """The fields asked for, each once; none: all. An unknown one is refused with those there are."""
    if not wanted:
        return []
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise _refuse("fields", _("Give a list of names of fields."))
    known = known_fields(params)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        words = _("There is no field “%(name)s”. There are: %(known)s.")
        raise _refuse("fields", words % {"name": unknown[0][:60], "known": ", ".join(known) or "–"})
    return list(dict.fromkeys(wanted))


def known_fields(params: Mapping[str, Any]) -> list[str]:
    """What devices and their models describe, and what the newest uplinks held."""
    return list(fields_to_choose(params, None))


def fields_to_choose(params: Mapping[str, Any], language: str | None) -> dict[str, str]:
    """The same with what people call each, in ``language``."""
    seen = Device.objects.seen_by(uuid.UUID(params["_organization"]))
    devices = [device[0] for device in exporting.devices_of(params)]
    return words_of_fields(seen.filter(pk__in=devices).select_related("model"), language)


def may_see(organization: Organization, actor: Any, many: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Whether the organization still takes part in the trial of each, and the actor may see it.

    A key sees its organization's devices only: not what was made of all devices of a shared trial. One that
    is limited to trials sees no file with what a device sent in others.
    """
    wanted = {str(params["_trial"]) for params in many if params.get("_trial")}
    if isinstance(actor, ApiKey):
        seen = {str(pk) for pk in trials_of(organization).filter(pk__in=wanted).values_list("pk", flat=True)}
        others = Participant.objects.filter(trial_id__in=wanted).exclude(organization=organization)
        shared = {str(pk) for pk in others.values_list("trial_id", flat=True)}
        limited = any(p.get("_whole") for p in many) and actor.trials.exists()
        return [
            p.get("_trial") in seen
            and (p["own_only"] or p["_trial"] not in shared)
            and not (limited and p.get("_whole"))
            for p in many
        ]
    trials = Trial.objects.visible_to(actor).filter(pk__in=wanted, participants__organization=organization)
    seen = {str(pk) for pk in trials.values_list("pk", flat=True)}
    return [params.get("_trial") in seen for params in many]


def describe(kind: str, params: Mapping[str, Any]) -> Contents:
    return Contents(title_of(kind, params), range_of(params), stem_of(kind, params))


def exports_register() -> None:
    """Called when the app is ready."""
    reads = {
        UPLINKS: (exporting.uplinks_expected, exporting.uplink_columns, exporting.uplink_page),
        EVENTS: (exporting.events_expected, exporting.event_columns, exporting.event_page),
        HOURS: (exporting.hours_expected, exporting.hour_columns, exporting.hour_page),
    }
    for code, (count, columns, rows) in reads.items():
        kind = ExportKind(
            code=code,
            label=LABELS[code],
            clean=partial(clean, code),
            may_see=may_see,
            describe=partial(describe, code),
            count=count,
            columns=columns,
            rows=rows,
        )
        register_export(kind)
