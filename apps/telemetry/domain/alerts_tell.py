"""Telling of alerts: mails in each reader's language, held over quiet hours; webhooks at once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.site import site_settings
from apps.outbox.domain import message_queue
from apps.telemetry.domain.alert_round import BEGAN
from apps.telemetry.domain.telling import message_of, outlets_of
from apps.telemetry.enums import AlertKind, NewsKind
from apps.telemetry.models import AlertEpisode, AlertRule, WebhookMessage
from apps.telemetry.rules.quiet import is_quiet
from apps.telemetry.rules.webhook_body import bodies_of
from apps.telemetry.selectors.alert_words import began_text, ended_text
from apps.telemetry.selectors.alerts import UNTOLD, field_of, recipients_of
from apps.telemetry.selectors.fields import Field

if TYPE_CHECKING:
    from apps.accounts.models import User

TEMPLATE = "telemetry-alert"
#: One rule writes one mail a minute to a person at most; what happens meanwhile stands in the next.
APART: Final = timedelta(seconds=55)
#: Alerts of one mail by line; the rest is a number and the way to the page.
LINES: Final = 30
#: Alerts told of in one go, at most; the rest follows a minute later.
MOST: Final = 2_000
_WITH_FIELD = (AlertKind.THRESHOLD,)


def field_for(episode: AlertEpisode, language: str | None = None) -> Field | None:
    """The field that the rule of an alert looks at; None where it looks at none."""
    if episode.rule.kind not in _WITH_FIELD:
        return None
    return field_of([episode.device], episode.rule.field, language)


def page_of(episode: AlertEpisode) -> str:
    """The full address of an alert's page."""
    rule = episode.rule
    path = reverse("telemetry:alert", args=[rule.organization_id, rule.trial.code, episode.pk])
    return f"{settings.BASE_URL}{path}"


@transaction.atomic
def alerts_tell(
    *, organization_id: uuid.UUID, now: datetime, among: Sequence[AlertRule] | None = None
) -> int:
    """Mail what was not told yet, but for rules in their quiet hours. Returns how many mails.

    ``among``: only these rules, which the caller holds. An alert that began and ended before anybody could
    be told stands in one line with both.
    """
    untold = AlertEpisode.objects.filter(UNTOLD, rule__organization_id=organization_id)
    if among is not None:
        untold = untold.filter(rule__in=among)
    rules = AlertRule.objects.filter(pk__in=untold.values("rule")).select_related("trial").order_by("pk")
    # Those that may speak are found first: a night's alerts of a silent one must not fill the page.
    ready = [rule for rule in rules.select_for_update(of=("self",)) if _may_tell(rule, now)]
    if not ready:
        return 0
    with_all = untold.filter(rule__in=ready).select_related("rule", "rule__trial", "device", "device__model")
    by_rule: dict[uuid.UUID, list[AlertEpisode]] = defaultdict(list)
    for episode in with_all.order_by("began_at", "pk")[:MOST]:
        by_rule[episode.rule_id].append(episode)
    ready = [rule for rule in ready if rule.pk in by_rule]
    people = recipients_of(ready)
    mails = 0
    for rule in ready:
        for person in people[rule.pk]:
            _mail(rule, by_rule[rule.pk], person, now)
            mails += 1
        rule.mailed_at = now
        _told(by_rule[rule.pk], now)
    AlertRule.objects.filter(pk__in=[rule.pk for rule in ready]).update(mailed_at=now)
    return mails


def _may_tell(rule: AlertRule, now: datetime) -> bool:
    if is_quiet(rule.quiet_from, rule.quiet_until, now):
        return False
    return rule.mailed_at is None or now - rule.mailed_at >= APART


def _told(episodes: Sequence[AlertEpisode], now: datetime) -> None:
    for episode in episodes:
        episode.told_at = episode.told_at or now
        episode.end_told_at = now if episode.ended_at else None
    AlertEpisode.objects.bulk_update(episodes, ["told_at", "end_told_at"])


def _mail(rule: AlertRule, episodes: Sequence[AlertEpisode], person: User, now: datetime) -> None:
    with translation.override(person.language):
        context = _context(rule, episodes, person.language, now)
    message_queue(to=person.email, language=person.language, template=TEMPLATE, context=context, user=person)


def _context(
    rule: AlertRule, episodes: Sequence[AlertEpisode], language: str, now: datetime
) -> dict[str, Any]:
    site = site_settings()
    lines = [line_of(episode, language) for episode in episodes]
    began = sum(1 for episode in episodes if episode.ended_at is None)
    trial_page = reverse("telemetry:alert-list", args=[rule.organization_id, rule.trial.code])
    held = min(
        (e.began_at for e in episodes if is_quiet(rule.quiet_from, rule.quiet_until, e.began_at)),
        default=None,
    )
    return {
        "rule": rule,
        "trial": rule.trial,
        "subject": lines[0]["text"] if len(lines) == 1 else _many(rule, began, len(lines) - began),
        "lines": lines[:LINES],
        "more": max(0, len(lines) - LINES),
        "held": held is not None,
        "list_url": f"{settings.BASE_URL}{trial_page}",
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }


def _many(rule: AlertRule, began: int, ended: int) -> str:
    parts = []
    if began:
        parts.append(ngettext("%(count)d alert began", "%(count)d alerts began", began) % {"count": began})
    if ended:
        parts.append(ngettext("%(count)d alert ended", "%(count)d alerts ended", ended) % {"count": ended})
    return _("%(rule)s: %(what)s") % {"rule": rule.name, "what": _(", ").join(parts)}


def line_of(episode: AlertEpisode, language: str) -> dict[str, Any]:
    """An alert in a mail: what is to be told of it, when, and where to read on."""
    field = field_for(episode, language)
    both = episode.told_at is None and episode.ended_at is not None
    ended = episode.ended_at is not None
    return {
        "text": ended_text(episode, field) if ended else began_text(episode, field),
        "before": began_text(episode, field) if both else "",
        "began_at": episode.began_at,
        "ended_at": episode.ended_at,
        "place": episode.device.place_name,
        "url": page_of(episode),
    }


def webhooks_tell(
    *, changed: Iterable[tuple[str, AlertEpisode]], now: datetime, by_hand: bool = False
) -> int:
    """Messages to webhooks of what ``changed`` (of one organization); quiet hours do not hold them.

    Returns how many messages. In the transaction of the change. ``by_hand``: somebody asked for it, so a
    rule that tells no webhooks is no reason to be silent.
    """
    told = [(what, episode) for what, episode in changed if by_hand or episode.rule.by_webhook]
    if not told:
        return 0
    organization_id = told[0][1].rule.organization_id
    with translation.override("ja"):
        items = [(episode.rule.trial_id, alert_told(what, episode)) for what, episode in told]
    messages = []
    for outlet in outlets_of(organization_id):
        heard = [item for trial, item in items if outlet.hears(NewsKind.ALERT, trial)]
        frame = {"organization": organization_id}
        bodies = bodies_of(kind=NewsKind.ALERT.value, name="alerts", items=heard, frame=frame, at=now)
        messages += [message_of(outlet.id, NewsKind.ALERT, body, now) for body in bodies]
    WebhookMessage.objects.bulk_create(messages, batch_size=200)
    return len(messages)


def alert_told(what: str, episode: AlertEpisode) -> dict[str, Any]:
    """An alert as a webhook and the API tell it; ``what``: ``began`` or ``ended``."""
    rule, device, field = episode.rule, episode.device, field_for(episode)
    over = what != BEGAN
    return {
        "id": episode.pk,
        "change": what,
        "text": ended_text(episode, field) if over else began_text(episode, field),
        "rule": {"id": rule.pk, "name": rule.name, "kind": rule.kind},
        "trial": rule.trial.code,
        "device": {"id": device.pk, "dev_eui": device.dev_eui, "name": device.name},
        "began_at": episode.began_at,
        "ended_at": episode.ended_at if over else None,
        "end_reason": (episode.end_reason or None) if over else None,
        "field": rule.field or None,
        "unit": field.unit if field else None,
        "direction": rule.direction or None,
        "limit": rule.limit,
        "release": rule.release,
        "minutes": rule.minutes,
        "value": episode.end_value if over else episode.value,
        "state": episode.state or None,
        "url": page_of(episode),
    }
