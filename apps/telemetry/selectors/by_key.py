"""What an API key reads across devices: uplinks, quotas and their use."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.errors import NotFound
from apps.devices.models import Device
from apps.telemetry.models import TrialDay, Uplink
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial, TrialQuerySet
from apps.trials.selectors.workspace import WorkspaceFacts, trials_of, workspace_facts


def trials_by_key(key: ApiKey | Any) -> TrialQuerySet:
    """Trials of the key's organization, in which the key may look; the newest first."""
    if key.organization_id is None:  # a key of a person, for open data
        return Trial.objects.none()
    organization: Any = key.organization_id  # its row is not needed
    trials = trials_of(organization)
    limited = list(key.trials.values_list("pk", flat=True))
    return (trials.filter(pk__in=limited) if limited else trials).order_by("-code")


def access_trial_to_read_by_key(*, key: ApiKey | Any, code: str) -> Trial:
    """The trial ``code`` when the key may look into it; every other is ``NotFound``."""
    trial = trials_by_key(key).filter(code=code).first()
    if trial is None:
        raise NotFound(_("There is no such trial."))
    return trial


#: All of an uplink but ``rx``, which is large and asked for nowhere here.
_COLUMNS = [field.attname for field in Uplink._meta.concrete_fields if field.attname != "rx"]
_ACROSS = """
SELECT {columns} FROM unnest(%(devices)s::uuid[]) AS d(id) CROSS JOIN LATERAL (
    SELECT {columns} FROM telemetry_uplink AS t
    WHERE t.device_id = d.id {conditions}
    ORDER BY t.time DESC, t.deduplication_id DESC LIMIT %(limit)s
) AS u ORDER BY u.time DESC, u.deduplication_id DESC LIMIT %(limit)s
"""


def uplinks_across(
    *,
    devices: Sequence[uuid.UUID],
    trials: Sequence[uuid.UUID] | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, uuid.UUID] | None,
    limit: int,
) -> list[Uplink]:
    """The newest ``limit`` uplinks of ``devices`` together, those of ``trials`` only if given. One query:
    each device's own index is read from the newest on, so nothing depends on how much was ever sent."""
    given = {
        "AND t.time >= %(since)s": since,
        "AND t.time < %(until)s": until,
        "AND t.trial_id = ANY(%(trials)s)": trials,
        "AND t.time <= %(time)s AND (t.time, t.deduplication_id) < (%(time)s, %(id)s)": after,
    }
    conditions = " ".join(text for text, value in given.items() if value is not None)
    time, identity = after or (None, None)
    values: dict[str, Any] = {"devices": list(devices), "since": since, "until": until, "limit": limit}
    values |= {"trials": list(trials or ()), "time": time, "id": identity}
    query = _ACROSS.format(conditions=conditions, columns=", ".join(f'"{name}"' for name in _COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [_uplink(row) for row in cursor.fetchall()]


def _uplink(row: tuple[Any, ...]) -> Uplink:
    told = dict(zip(_COLUMNS, row, strict=True))
    for name in ("values", "warnings"):
        told[name] = orjson.loads(told[name]) if told[name] is not None else None
    return Uplink(**told)


def devices_across(
    *, key: ApiKey | Any, trial: str
) -> tuple[list[uuid.UUID], dict[uuid.UUID, str], list[uuid.UUID] | None]:
    """For ``uplinks_across``: devices of the key's organization, the numbers of its trials by id, and the
    trials to keep to (None: any). Raises ``NotFound`` for a trial that the key may not see."""
    codes = dict(trials_by_key(key).values_list("pk", "code"))
    wanted = [pk for pk, code in codes.items() if code == trial] if trial else None
    if wanted == []:
        raise NotFound(_("There is no such trial."))
    if wanted is None and key.trials.exists():
        wanted = list(codes)
    organization: Any = key.organization_id
    devices = Device.objects.filter(organization=organization) if codes else Device.objects.none()
    return list(devices.order_by().values_list("pk", flat=True)), codes, wanted


@dataclass(frozen=True)
class QuotaUse:
    """A trial, what it was granted and what of it is in use. ``day`` is today in Japan."""

    trial: Trial
    facts: WorkspaceFacts
    day: date
    sent: int

    @property
    def devices(self) -> dict[str, int]:
        row = self.facts.devices
        return amount(row.granted if row else 0, row.used if row else 0)

    @property
    def messages(self) -> dict[str, int]:
        row = self.facts.messages
        return amount(row.granted if row else 0, self.sent)


def amount(granted: int, used: int) -> dict[str, int]:
    """What is granted of something, what of it is used, and what is free."""
    return {"granted": granted, "used": used, "free": max(0, granted - used)}


def quotas_by_key(trials: QuerySet[Trial], *, now: datetime | None = None) -> list[QuotaUse]:
    """Quotas and today's use of ``trials``. Three queries, however many they are."""
    day = clock.local_date(now)
    found = list(trials.prefetch_related("quotas"))
    days = TrialDay.objects.filter(trial__in=found, day=day)
    sent = dict(days.values_list("trial_id", "uplinks"))
    return [
        QuotaUse(trial=trial, facts=workspace_facts(trial), day=day, sent=sent.get(trial.pk, 0))
        for trial in found
    ]


def quotas_sum(rows: Sequence[QuotaUse], kind: QuotaKind) -> dict[str, int]:
    """The company's: what its trials have together."""
    parts = [row.devices if kind == QuotaKind.DEVICES else row.messages for row in rows]
    return amount(sum(part["granted"] for part in parts), sum(part["used"] for part in parts))


def days_of_trial(*, trial: Trial, first: date, last: date) -> list[TrialDay]:
    """Days with at least one message from ``first`` to ``last``, the oldest first."""
    return list(TrialDay.objects.filter(trial=trial, day__range=(first, last)).order_by("day"))
