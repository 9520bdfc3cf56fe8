"""Reading alert rules and alerts: the doors, what a rule watches, what a page shows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.telemetry.models import AlertEpisode, AlertRule
from apps.telemetry.rules import is_number
from apps.telemetry.rules.alerting import Terms
from apps.telemetry.selectors.by_key import trials_by_key
from apps.telemetry.selectors.fields import Field, fields_of
from apps.telemetry.selectors.sight import latest_of
from apps.trials.enums import TrialPhase
from apps.trials.models import Participant, Trial

if TYPE_CHECKING:
    from apps.accounts.models import User

#: An alert whose beginning or end was not told by mail yet.
UNTOLD = Q(told_at=None) | Q(ended_at__isnull=False, end_told_at=None)
#: Open alerts that a page lists; of more it says how many there are.
MOST_OPEN = 100


def terms_of(rule: AlertRule) -> Terms:
    """What ``rule`` says, for ``rules.alerting``."""
    states = tuple(str(code) for code in rule.states)
    return Terms(rule.kind, rule.direction, rule.limit, rule.release, rule.minutes, states)


def rules_of(trial: Trial, organization: Organization) -> QuerySet[AlertRule]:
    """The rules of ``organization`` in ``trial``, by name."""
    return AlertRule.objects.filter(trial=trial, organization=organization).order_by("name", "pk")


def access_rule(*, trial: Trial, organization: Organization, pk: uuid.UUID) -> AlertRule:
    """A rule of ``organization`` in ``trial``; every other is ``NotFound``."""
    rule = rules_of(trial, organization).select_related("trial", "organization").filter(pk=pk).first()
    if rule is None:
        raise NotFound(_("This page does not exist."))
    return rule


def episodes_of(trial: Trial, organization: Organization) -> QuerySet[AlertEpisode]:
    """Alerts of the rules of ``organization`` in ``trial``, the newest first."""
    found = AlertEpisode.objects.filter(rule__trial=trial, rule__organization=organization)
    return found.select_related("rule", "rule__trial", "device", "device__model", "acknowledged_by")


def access_episode(*, trial: Trial, organization: Organization, pk: uuid.UUID) -> AlertEpisode:
    """An alert of ``organization`` in ``trial``; every other is ``NotFound``."""
    episode = episodes_of(trial, organization).filter(pk=pk).first()
    if episode is None:
        raise NotFound(_("This page does not exist."))
    return episode


def open_of_device(device: Device, organization: uuid.UUID) -> list[AlertEpisode]:
    """Open alerts of ``device`` under the rules of ``organization``. One query."""
    found = AlertEpisode.objects.filter(device=device, ended_at=None, rule__organization=organization)
    return list(found.select_related("rule", "rule__trial", "device", "device__model"))


def rules_with_counts(trial: Trial, organization: Organization) -> list[AlertRule]:
    """Rules with ``chosen`` (devices named), ``open`` and ``all`` (alerts). One query."""
    counted = rules_of(trial, organization).annotate(
        chosen=Count("devices", distinct=True),
        open=Count("episodes", distinct=True, filter=Q(episodes__ended_at=None)),
        all=Count("episodes", distinct=True),
    )
    return list(counted)


def devices_to_watch(trial: Trial, organization: Organization) -> QuerySet[Device]:
    """What rules of ``organization`` in ``trial`` may watch: its own devices there that are in use."""
    whole = Device.objects.seen_whole()
    own = whole.filter(trial=trial, organization=organization, state=DeviceState.ACTIVE)
    return own.select_related("model").order_by("name", "dev_eui")


def partners_unwatched(trial: Trial, organization: Organization) -> list[str]:
    """Names of the others whose devices in ``trial`` are in use: rules on these are theirs. One query."""
    others = Device.objects.filter(trial=trial, state=DeviceState.ACTIVE).exclude(organization=organization)
    return list(others.order_by("organization__name").values_list("organization__name", flat=True).distinct())


def devices_of_rule(rule: AlertRule) -> list[Device]:
    """The devices that ``rule`` watches. Two queries."""
    chosen = set(rule.devices.values_list("pk", flat=True))
    devices = devices_to_watch(rule.trial, rule.organization)
    return [device for device in devices if not chosen or device.pk in chosen]


def is_watched(trial: Trial, now: datetime) -> bool:
    """Whether anything of ``trial`` is watched: only while it runs."""
    return trial.phase(now) == TrialPhase.RUNNING


def numeric_fields(devices: Sequence[Device]) -> list[Field]:
    """Fields of ``devices`` that may be numbers: described by their models, or seen as numbers. One query."""
    seen = {pk: row.values for pk, row in latest_of(devices).items() if isinstance(row.values, dict)}
    found: dict[str, Field] = {}
    for device in devices:
        values = seen.get(device.pk, {})
        for field in fields_of(device, values, get_language()):
            if field.name not in values or is_number(values[field.name]):
                found.setdefault(field.name, field)
    return list(found.values())


def field_of(devices: Iterable[Device], name: str, language: str | None = None) -> Field:
    """What is known of the field ``name`` of ``devices``, in a language; its bare name where nothing is."""
    language = language or get_language()
    for device in devices:
        known = next((field for field in fields_of(device, (), language) if field.name == name), None)
        if known is not None:
            return known
    return Field(name, name, "", None)


def may_be_told(organization: Organization, trial: Trial) -> QuerySet[Any]:
    """Memberships of the people who may see ``trial`` for ``organization``, by name."""
    members = organization.memberships.filter(user__is_active=True)
    if not Participant.objects.filter(trial=trial, organization=organization).exists():
        return members.none()
    return members.select_related("user").order_by("user__name", "user__email")


def recipients_of(rules: Collection[AlertRule]) -> dict[uuid.UUID, list[User]]:
    """Who gets mails of each of ``rules``: those named who are members still, and whose organization takes
    part still. Three queries, however many rules."""
    named = AlertRule.objects.filter(pk__in=[rule.pk for rule in rules]).prefetch_related("people")
    people = {rule.pk: list(rule.people.all()) for rule in named}
    taking = set(
        Participant.objects.filter(trial__in={rule.trial_id for rule in rules}).values_list(
            "trial_id", "organization_id"
        )
    )
    members = _memberships({rule.organization_id for rule in rules})
    return {
        rule.pk: [
            person
            for person in people.get(rule.pk, ())
            if person.is_active
            and (rule.trial_id, rule.organization_id) in taking
            and (rule.organization_id, person.pk) in members
        ]
        for rule in rules
    }


def _memberships(organizations: Collection[uuid.UUID]) -> set[tuple[uuid.UUID, Any]]:
    rows = Organization.objects.filter(pk__in=organizations, memberships__isnull=False)
    return set(rows.values_list("pk", "memberships__user_id"))


def with_devices(rules: QuerySet[AlertRule]) -> QuerySet[Any]:
    """``rules`` with trial, organization and the devices they name, for ``watched_among``."""
    named = Prefetch("devices", queryset=Device.objects.only("pk"), to_attr="named")
    return rules.select_related("trial", "organization").prefetch_related(named)


def watched_among(rule: Any, devices: Iterable[Device]) -> list[Device]:
    """Those of ``devices`` that ``rule`` (from ``with_devices``) watches."""
    chosen = {device.pk for device in rule.named}
    return [
        device
        for device in devices
        if device.trial_id == rule.trial_id
        and device.organization_id == rule.organization_id
        and device.state == DeviceState.ACTIVE
        and (not chosen or device.pk in chosen)
    ]


def rules_by_key(key: Any, trial: str | None = None) -> QuerySet[AlertRule]:
    """Rules of the key's organization in the trials it may look into, with how many people get mail
    (``mail_to``). Three queries with their devices."""
    found = AlertRule.objects.filter(organization_id=key.organization_id, trial__in=_trials(key, trial))
    shown = found.select_related("trial").prefetch_related(Prefetch("devices", Device.objects.only("pk")))
    rules: QuerySet[AlertRule] = shown.annotate(mail_to=Count("people"))
    return rules


def episodes_by_key(key: Any, trial: str | None = None) -> QuerySet[AlertEpisode]:
    """Alerts of those rules."""
    found = AlertEpisode.objects.filter(
        rule__organization_id=key.organization_id, rule__trial__in=_trials(key, trial)
    )
    return found.select_related("rule", "rule__trial", "device")


def _trials(key: Any, code: str | None) -> QuerySet[Trial]:
    trials = trials_by_key(key).order_by()
    return trials.filter(code=code.replace("\0", "")) if code else trials
