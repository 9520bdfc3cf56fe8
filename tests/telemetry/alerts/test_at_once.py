"""Couriers, the clock and people at the same moment: one alert, no deadlock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from apps.telemetry.domain.alerts import alert_rule_switch
from apps.telemetry.domain.alerts_live import alerts_tick
from apps.telemetry.domain.telling import outlets_of
from apps.telemetry.domain.webhooks import webhook_create
from apps.telemetry.models import AlertEpisode, WebhookMessage
from apps.telemetry.selectors.hearing import hearing_mark
from tests.concurrency import at_once
from tests.telemetry.alerts.conftest import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_alert_however_many_look(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    webhook_create(
        organization=scene.cast.organization,
        actor=scene.cast.owner,
        name="x",
        url="http://127.0.0.1:8999/",
        kinds=["alert"],
    )
    rules = [scene.rule(name=f"{n}", minutes=5 * n, by_webhook=True) for n in range(3)]
    news = [scene.uplink(minute, 1.9) for minute in (0, 20)]
    for minute in range(21):
        hearing_mark(scene.at(minute))

    @transaction.atomic
    def courier() -> None:
        outlets_of(scene.cast.organization.pk)  # as the webhooks' follower does, who comes first
        scene.follow(*news, now=scene.at(20))

    works: list[Callable[[], Any]] = [courier] * 3
    works += [partial(alerts_tick, now=scene.at(20)) for _ in range(3)]
    works.append(
        partial(alert_rule_switch, rule=rules[2], on=False, actor=scene.cast.owner, now=scene.at(20))
    )
    assert not [one for one in at_once(works) if isinstance(one, Exception)]
    assert "alerts_not_ticked" not in caplog.text
    alerts_tick(now=scene.at(20) + timedelta(seconds=1))
    found = AlertEpisode.objects.exclude(rule=rules[2])
    assert sorted((one.rule.name, one.began_at) for one in found) == [
        ("0", scene.at(0)),
        ("1", scene.at(5)),
    ]
    assert not AlertEpisode.objects.filter(rule=rules[2], ended_at=None).exists()
    assert WebhookMessage.objects.exists()
