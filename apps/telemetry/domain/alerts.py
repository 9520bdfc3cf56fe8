"""Alert rules are made, changed, tried, switched and removed; alerts are acknowledged."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.core.text import clean_line
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.telemetry.domain.alert_round import BEGAN, ENDED, Round
from apps.telemetry.domain.alerts_tell import webhooks_tell
from apps.telemetry.domain.news import listener_refresh
from apps.telemetry.domain.telling import outlets_of
from apps.telemetry.enums import AlertEnd, AlertKind, Direction
from apps.telemetry.models import AlertEpisode, AlertRule, AlertStanding, DeviceLatest
from apps.telemetry.rules.state_words import Code
from apps.telemetry.selectors.alerts import devices_of_rule, devices_to_watch, may_be_told, numeric_fields
from apps.trials.models import Trial
from apps.trials.permissions import manages_trial

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Rules of one organization in one trial.
MOST: Final = 50
#: The longest that a rule may wait, and the shortest silence: a week, five minutes.
LONGEST, SHORTEST_SILENCE = 7 * 24 * 60, 5
#: What a change of ends the open alerts, and asks for another try.
WATCHED: Final = ("field", "direction", "limit", "release", "minutes", "states")


@dataclass(frozen=True)
class Wish:
    """What a rule shall be. ``devices`` empty: all of the organization's in the trial."""

    name: str
    kind: str
    field: str = ""
    direction: str = ""
    limit: float | None = None
    release: float | None = None
    minutes: int = 0
    states: Sequence[str] = ()
    devices: Sequence[uuid.UUID] = ()
    people: Sequence[Any] = ()
    by_webhook: bool = False
    quiet_from: time | None = None
    quiet_until: time | None = None


@transaction.atomic
def alert_rule_save(
    *,
    trial: Trial,
    organization: Organization,
    actor: User,
    wish: Wish,
    rule: AlertRule | None = None,
    now: datetime | None = None,
) -> AlertRule:
    """A new rule, off, or ``rule`` changed. Raises ``InvalidInput`` with the fields that are wrong.

    Where a rule that is on is changed in what it watches, its open alerts end with that reason.
    """
    now = now or clock.now()
    _may(actor, trial, organization)
    outlets_of(organization.pk)
    Trial.objects.select_for_update(of=("self",), no_key=True).get(pk=trial.pk)
    if rule is None and AlertRule.objects.filter(trial=trial, organization=organization).count() >= MOST:
        raise Conflict(_("A trial can have %(most)d alert rules. Remove one first.") % {"most": MOST})
    if rule is not None:
        rule = _locked(rule)
        wish = Wish(**{**vars(wish), "kind": rule.kind})
    devices, people = _checked(trial, organization, wish)
    if rule is not None and rule.is_on and not people and not wish.by_webhook:
        words = _("The rule is on: choose somebody who gets mail, or the webhooks. Or switch it off first.")
        raise InvalidInput(words, fields={"people": [words]})
    before = _watched(rule) if rule is not None else None
    rule = rule or AlertRule(trial=trial, organization=organization, kind=wish.kind, created_by=actor)
    _put(rule, wish)
    rule.full_clean()
    rule.save()
    rule.devices.set(devices)
    rule.people.set(people)
    if before is not None and before != _watched(rule):
        _begin_anew(rule, AlertEnd.CHANGED, now)
    record(
        action="alert_rule.save",
        actor=actor,
        target=rule,
        organization_id=organization.pk,
        data={"trial": trial.code, "name": rule.name, "kind": rule.kind},
    )
    return rule


@transaction.atomic
def alert_rule_tried(*, rule: AlertRule, actor: User, now: datetime | None = None) -> AlertRule:
    """Remember that ``actor`` looked how ``rule`` would have done in the past."""
    _may(actor, rule.trial, rule.organization)
    rule = _locked(rule)
    rule.tried_at = now or clock.now()
    rule.save(update_fields=["tried_at", "updated_at"])
    return rule


@transaction.atomic
def alert_rule_switch(
    *, rule: AlertRule, on: bool, actor: User, untried: bool = False, now: datetime | None = None
) -> AlertRule:
    """Switch ``rule`` on or off. On needs a try on the past, or ``untried``: somebody's word to go without.

    Raises ``Conflict`` without either, and for a rule that tells nobody. Off ends its open alerts.
    """
    now = now or clock.now()
    _may(actor, rule.trial, rule.organization)
    outlets_of(rule.organization_id)
    rule = _locked(rule)
    if rule.is_on == on:
        return rule
    if on and rule.tried_at is None and not untried:
        raise Conflict(
            _("Try the rule on past data first, or choose to switch it on without trying."), code="untried"
        )
    if on and not rule.by_webhook and not rule.people.exists():
        raise Conflict(
            _("This rule tells nobody. Choose who gets mail, or the webhooks."), code="tells_nobody"
        )
    rule.is_on = on
    rule.save(update_fields=["is_on", "updated_at"])
    _begin_anew(rule, AlertEnd.OFF, now)
    listener_refresh(organization=rule.organization)
    action = "alert_rule.on" if on else "alert_rule.off"
    record(
        action=action,
        actor=actor,
        target=rule,
        organization_id=rule.organization_id,
        data={"name": rule.name},
    )
    return rule


@transaction.atomic
def alert_rule_remove(*, rule: AlertRule, actor: User, now: datetime | None = None) -> None:
    """Remove ``rule`` with the history of its alerts; open ones end for the webhooks first."""
    _may(actor, rule.trial, rule.organization)
    outlets_of(rule.organization_id)
    rule = _locked(rule)
    _begin_anew(rule, AlertEnd.OFF, now or clock.now())
    record(
        action="alert_rule.remove",
        actor=actor,
        target=rule,
        organization_id=rule.organization_id,
        data={"trial": rule.trial.code, "name": rule.name},
    )
    organization = rule.organization
    rule.delete()
    listener_refresh(organization=organization)


@transaction.atomic
def alert_acknowledge(
    *, episode: AlertEpisode, actor: User, note: str = "", now: datetime | None = None
) -> AlertEpisode:
    """Say that somebody looks after an alert, with a note; again changes the note, not who was first."""
    _may(actor, episode.rule.trial, episode.rule.organization)
    _locked(episode.rule)
    episode = AlertEpisode.objects.select_for_update(of=("self",)).select_related("rule").get(pk=episode.pk)
    if episode.acknowledged_at is None:
        episode.acknowledged_at, episode.acknowledged_by = now or clock.now(), actor
    episode.note = clean_line(note)
    episode.clean_fields(exclude=[one.name for one in AlertEpisode._meta.fields if one.name != "note"])
    episode.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    record(
        action="alert.acknowledge",
        actor=actor,
        target=episode,
        organization_id=episode.rule.organization_id,
        data={"rule": episode.rule.name, "note": episode.note},
    )
    return episode


@transaction.atomic
def alert_hand_on(*, episode: AlertEpisode, actor: User, now: datetime | None = None) -> int:
    """Tell the webhooks of an alert as it is now, whatever its rule says. Returns how many messages."""
    _may(actor, episode.rule.trial, episode.rule.organization)
    what = ENDED if episode.ended_at else BEGAN
    count = webhooks_tell(changed=[(what, episode)], now=now or clock.now(), by_hand=True)
    record(
        action="alert.hand_on",
        actor=actor,
        target=episode,
        organization_id=episode.rule.organization_id,
        data={"rule": episode.rule.name, "messages": count},
    )
    return count


def _locked(rule: AlertRule) -> AlertRule:
    """``rule`` as it is now, held alone; raises ``NotFound`` when somebody removed it meanwhile."""
    rules = AlertRule.objects.select_for_update(of=("self",)).select_related("trial", "organization")
    found: AlertRule | None = rules.filter(pk=rule.pk).first()
    if found is None:
        raise NotFound(_("This rule was removed."))
    return found


def _may(actor: User, trial: Trial, organization: Organization) -> None:
    if not manages_trial(actor, trial, organization):
        raise NotAllowed(_("You can look at this trial but not change it. Ask your organization’s owner."))


def _put(rule: AlertRule, wish: Wish) -> None:
    rule.name = clean_line(wish.name)
    valued = rule.kind in (AlertKind.THRESHOLD, AlertKind.BATTERY)
    rule.field = wish.field if rule.kind == AlertKind.THRESHOLD else ""
    rule.direction = wish.direction if rule.kind == AlertKind.THRESHOLD else ""
    if rule.kind == AlertKind.BATTERY:
        rule.direction = Direction.BELOW
    rule.limit, rule.release = (wish.limit, wish.release) if valued else (None, None)
    rule.minutes = 0 if rule.kind == AlertKind.BATTERY else wish.minutes
    rule.states = list(wish.states) if rule.kind == AlertKind.STATE else []
    rule.by_webhook = wish.by_webhook
    rule.quiet_from, rule.quiet_until = wish.quiet_from, wish.quiet_until


def _watched(rule: AlertRule) -> tuple[Any, ...]:
    devices = frozenset(rule.devices.values_list("pk", flat=True))
    return (*(getattr(rule, name) for name in WATCHED), devices)


def _begin_anew(rule: AlertRule, reason: AlertEnd, now: datetime) -> None:
    """End open alerts, without mail: whoever did it knows. Standings begin with what is known now."""
    turn = Round.load([rule])
    for episode in list(turn.open.values()):
        episode.rule = rule
        turn.end(episode, reason, now, silent=True)
    changed = turn.save()
    webhooks_tell(changed=changed, now=now)
    AlertStanding.objects.filter(rule=rule).delete()
    if reason == AlertEnd.CHANGED:
        AlertRule.objects.filter(pk=rule.pk).update(tried_at=None)
        rule.tried_at = None
    if rule.is_on and rule.kind == AlertKind.SILENCE:
        latest = DeviceLatest.objects.filter(device__in=devices_of_rule(rule)).values_list(
            "device_id", "time"
        )
        rows = [AlertStanding(rule=rule, device_id=device, seen_at=at) for device, at in latest]
        AlertStanding.objects.bulk_create(rows)


def _checked(trial: Trial, organization: Organization, wish: Wish) -> tuple[list[Device], list[Any]]:
    """The devices and people of ``wish``; raises ``InvalidInput`` with everything that is wrong."""
    wrong: dict[str, list[str]] = {}
    if wish.kind not in AlertKind.values:
        raise InvalidInput(_("There is no such kind of rule."), fields={"kind": [_("Choose a kind.")]})
    if not clean_line(wish.name):
        wrong["name"] = [_("Give the rule a name.")]
    own = {device.pk: device for device in devices_to_watch(trial, organization)}
    devices = [own[pk] for pk in wish.devices if pk in own]
    if len(devices) != len(wish.devices):
        wrong["devices"] = [_("Choose devices of your organization in this trial.")]
        if Device.objects.filter(trial=trial, pk__in=set(wish.devices) - set(own)).exists():
            wrong["devices"] = [_("Rules on a device are made by the organization that it belongs to.")]
    members = {row.user_id: row.user for row in may_be_told(organization, trial)}
    people = [members[pk] for pk in wish.people if pk in members]
    if len(people) != len(wish.people):
        wrong["people"] = [_("Choose members of your organization.")]
    _check_quiet(wish, wrong)
    if wish.kind == AlertKind.THRESHOLD:
        _check_threshold(wish, {field.name for field in numeric_fields(list(own.values()))}, wrong)
    elif wish.kind == AlertKind.BATTERY:
        _check_battery(wish, wrong)
    elif wish.kind == AlertKind.STATE and (not wish.states or set(wish.states) - set(Code)):
        wrong["states"] = [_("Choose at least one state.")]
    shortest = SHORTEST_SILENCE if wish.kind == AlertKind.SILENCE else 0
    if not shortest <= wish.minutes <= LONGEST:
        words = {"least": shortest, "most": LONGEST}
        wrong["minutes"] = [_("Choose %(least)d to %(most)d minutes.") % words]
    if wrong:
        raise InvalidInput(_("The rule cannot be kept as it is."), fields=wrong)
    return devices, people


def _check_quiet(wish: Wish, wrong: dict[str, list[str]]) -> None:
    if (wish.quiet_from is None) != (wish.quiet_until is None):
        wrong["quiet_until" if wish.quiet_until is None else "quiet_from"] = [
            _("Quiet hours need a beginning and an end.")
        ]
    elif wish.quiet_from is not None and wish.quiet_from == wish.quiet_until:
        wrong["quiet_until"] = [
            _("Quiet hours that begin and end at the same time are none. Leave both empty.")
        ]


def _check_threshold(wish: Wish, known: set[str], wrong: dict[str, list[str]]) -> None:
    if wish.field not in known:
        wrong["field"] = [_("No device of this trial sends such a number.")]
    if wish.direction not in Direction.values:
        wrong["direction"] = [_("Choose above or below.")]
    _check_limits(wish, wish.direction == Direction.ABOVE, wrong)


def _check_battery(wish: Wish, wrong: dict[str, list[str]]) -> None:
    _check_limits(wish, False, wrong)
    for name in ("limit", "release"):
        value = getattr(wish, name)
        if name not in wrong and value is not None and not 0 <= value <= 100:
            wrong[name] = [_("A battery has 0 to 100 percent.")]


def _check_limits(wish: Wish, above: bool, wrong: dict[str, list[str]]) -> None:
    for name in ("limit", "release"):
        value = getattr(wish, name)
        if value is not None and not math.isfinite(value):
            wrong[name] = [_("Enter a number.")]
    if wish.limit is None:
        wrong["limit"] = [_("Enter a number.")]
    if wish.limit is None or wish.release is None or "limit" in wrong or "release" in wrong:
        return
    if above and wish.release > wish.limit:
        wrong["release"] = [
            _("An alert above a limit ends at the limit or below it. Enter a smaller number.")
        ]
    if not above and wish.release < wish.limit:
        wrong["release"] = [_("An alert below a limit ends at the limit or above it. Enter a larger number.")]
