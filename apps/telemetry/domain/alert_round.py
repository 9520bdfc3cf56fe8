"""One round over rules and devices: how they stand is loaded once, stepped in memory, written at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.devices.models import Device
from apps.telemetry.enums import AlertEnd
from apps.telemetry.models import AlertEpisode, AlertRule, AlertStanding
from apps.telemetry.rules.alerting import Change, Opened, Reading, Standing, Terms, step, tick
from apps.telemetry.selectors.alerts import terms_of

Key = tuple[uuid.UUID, uuid.UUID]
BEGAN, ENDED = "began", "ended"
_STANDING = ["beyond_since", "value", "state", "seen_at"]


@dataclass
class Round:
    """``rules`` must be locked by the caller: who holds a rule alone moves its alerts."""

    rules: Sequence[AlertRule]
    terms: dict[uuid.UUID, Terms] = field(default_factory=dict)
    standings: dict[Key, Standing] = field(default_factory=dict)
    open: dict[Key, AlertEpisode] = field(default_factory=dict)
    moved: set[Key] = field(default_factory=set)
    changed: list[tuple[str, AlertEpisode]] = field(default_factory=list)
    new: list[AlertEpisode] = field(default_factory=list)
    touched: dict[uuid.UUID, AlertEpisode] = field(default_factory=dict)

    @classmethod
    def load(cls, rules: Sequence[AlertRule], devices: Collection[uuid.UUID] | None = None) -> Round:
        """How ``devices`` (None: all) stand with ``rules``. Two queries."""
        found = cls(rules, {rule.pk: terms_of(rule) for rule in rules})
        standings = AlertStanding.objects.filter(rule__in=rules)
        episodes = AlertEpisode.objects.filter(rule__in=rules, ended_at=None)
        # What is told of an alert names its field, which the model describes.
        episodes = episodes.select_related("device__model")
        if devices is not None:
            standings, episodes = standings.filter(device__in=devices), episodes.filter(device__in=devices)
        by_id = {rule.pk: rule for rule in rules}
        for episode in episodes:
            # The rule as it is held, with its trial: otherwise each alert that ends would ask for both.
            episode.rule = by_id[episode.rule_id]
            found.open[episode.rule_id, episode.device_id] = episode
        for row in standings:
            key = (row.rule_id, row.device_id)
            opened = found.open[key].began_at if key in found.open else None
            found.standings[key] = Standing(row.seen_at, row.beyond_since, row.value, row.state, opened)
        return found

    def standing(self, rule: AlertRule, device: Device) -> Standing:
        """How ``device`` stands; an alert whose standing is gone stays open."""
        key = (rule.pk, device.pk)
        if key not in self.standings:
            opened = self.open[key].began_at if key in self.open else None
            self.standings[key] = Standing(opened_at=opened)
        return self.standings[key]

    def read(self, rule: AlertRule, device: Device, reading: Reading) -> None:
        """Look at ``reading`` of ``device``."""
        before = self.standing(rule, device)
        after, changes = step(self.terms[rule.pk], before, reading)
        self._follow(rule, device, before, after, changes)
        episode = self.open.get((rule.pk, device.pk))
        if episode is not None and after is not before:
            worst = self.terms[rule.pk].worse(episode.worst, reading.value)
            if worst != episode.worst:
                episode.worst = worst
                self.touched[episode.pk] = episode

    def pass_time(
        self, rule: AlertRule, device: Device, now: datetime, since: datetime, heard: datetime | None = None
    ) -> None:
        """Let time pass for ``device``; ``heard``: when it was last heard, if the standing does not know."""
        before = self.standing(rule, device)
        known = before
        if heard is not None and (before.seen_at is None or before.seen_at < heard):
            known = replace(before, seen_at=heard)
        after, changes = tick(self.terms[rule.pk], known, now, since)
        self._follow(rule, device, before, after, changes)

    def end(self, episode: AlertEpisode, reason: AlertEnd, now: datetime, *, silent: bool = False) -> None:
        """End an alert for another reason than a reading; ``silent``: no mail tells of it."""
        episode.ended_at, episode.end_reason = max(now, episode.began_at), reason
        if silent:
            episode.told_at = episode.told_at or now
            episode.end_told_at = now
        key = (episode.rule_id, episode.device_id)
        self.open.pop(key, None)
        self.standings.pop(key, None)
        self.touched[episode.pk] = episode
        self.changed.append((ENDED, episode))

    def save(self) -> list[tuple[str, AlertEpisode]]:
        """Write everything; returns what began or ended, in order. Three queries at most."""
        rows = [
            AlertStanding(
                rule_id=key[0],
                device_id=key[1],
                beyond_since=one.beyond_since,
                value=one.value,
                state=one.state,
                seen_at=one.seen_at,
            )
            for key in sorted(self.moved)
            if (one := self.standings.get(key)) is not None
        ]
        AlertStanding.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["rule", "device"], update_fields=_STANDING
        )
        fresh = {episode.pk for episode in self.new}
        old = [episode for pk, episode in self.touched.items() if pk not in fresh]
        fields = ["ended_at", "end_value", "end_reason", "worst", "told_at", "end_told_at"]
        if old:
            AlertEpisode.objects.bulk_update(old, fields)
        AlertEpisode.objects.bulk_create(self.new)
        return self.changed

    def _follow(
        self, rule: AlertRule, device: Device, before: Standing, after: Standing, changes: list[Change]
    ) -> None:
        key = (rule.pk, device.pk)
        if after != before:
            self.standings[key] = after
            self.moved.add(key)
        for change in changes:
            if isinstance(change, Opened):
                episode = AlertEpisode(
                    rule=rule,
                    device=device,
                    began_at=change.at,
                    value=change.value,
                    worst=change.value,
                    state=change.state,
                )
                self.open[key] = episode
                self.new.append(episode)
                self.changed.append((BEGAN, episode))
            else:
                episode = self.open.pop(key)
                episode.ended_at, episode.end_value = change.at, change.value
                episode.end_reason = AlertEnd.BACK
                self.touched[episode.pk] = episode
                self.changed.append((ENDED, episode))
