from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory

from apps.calls.domain.derived import DERIVED, derive
from apps.calls.domain.revision import revision_add
from apps.calls.enums import ApplicationState, CallState
from apps.calls.models import Application, Call
from apps.core import clock
from tests.factories.people import UserFactory


class CallFactory(factory.django.DjangoModelFactory):
    """A published call that opened ten days ago and closes in twenty."""

    class Meta:
        model = Call

    code = factory.Sequence(lambda n: f"2026-{n}")
    fiscal_year = 2026
    title = "2026年度 実証実験公募"
    summary = "市のセンサーネットワークを無料で使えます。"
    opens_at = factory.LazyFunction(lambda: clock.now() - timedelta(days=10))
    closes_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=20))
    decision_on = factory.LazyFunction(lambda: clock.local_date() + timedelta(days=40))
    trial_from = factory.LazyFunction(lambda: clock.local_date() + timedelta(days=50))
    trial_until = factory.LazyFunction(lambda: clock.local_date() + timedelta(days=230))
    state = CallState.PUBLISHED


class ApplicationFactory(factory.django.DjangoModelFactory):
    """A draft; nothing is filled in."""

    class Meta:
        model = Application

    call = factory.SubFactory(CallFactory)
    #: Beyond every number that a test names itself.
    code = factory.Sequence(lambda n: f"2026-{n + 2001}")
    created_by = factory.SubFactory(UserFactory)


SENSOR = {"name": "水位計 WL-20", "count": 12, "interval_s": 600, "payload_bytes": 11}
PLACE = {"name": "婦中町の用水路", "geometry": {"type": "Point", "coordinates": [137.1462, 36.6531]}}


def complete_answers() -> dict[str, Any]:
    """Answers with which an application to a ``CallFactory`` call may be handed in."""
    return {
        "org_kind": "corporation",
        "org_name": "株式会社みずおと技研",
        "org_kana": "カブシキガイシャミズオトギケン",
        "corporate_number": "4011001098993",
        "postal_code": "9300083",
        "address": "富山市総曲輪1-2-3",
        "representative": "代表取締役 山田 はる",
        "contact_name": "山田 はる",
        "contact_email": "haru@example.jp",
        "title": "用水路のごみ詰まりを水位差で知る",
        "need": "見回りの人が、詰まった水門を後から知って困っています。",
        "plan": "柵の前後に水位計を置き、差が10 cmを超えたら知らせます。",
        "measure": "見回りより2時間早く気づけるかを比べます。",
        "learning": "水位差では分からない詰まり方を記録します。",
        "sensors": [dict(SENSOR)],
        "places": [dict(PLACE)],
        "facilities": "none",
        "period_from": clock.local_date() + timedelta(days=50),
        "period_until": clock.local_date() + timedelta(days=230),
        "personal_data": "no",
        "conformity": "ready",
        "sharing": "city",
    }


class SubmittedFactory(ApplicationFactory):
    """A complete application that was handed in a day ago, without an organization."""

    class Meta:
        model = Application
        skip_postgeneration_save = True

    state = ApplicationState.SUBMITTED
    submitted_at = factory.LazyFunction(lambda: clock.now() - timedelta(days=1))
    org_kind = "corporation"
    org_name = "株式会社みずおと技研"
    org_kana = "カブシキガイシャミズオトギケン"
    corporate_number = "4011001098993"
    postal_code = "9300083"
    address = "富山市総曲輪1-2-3"
    representative = "代表取締役 山田 はる"
    contact_name = "山田 はる"
    contact_email = "haru@example.jp"
    title = "用水路のごみ詰まりを水位差で知る"
    need = "見回りの人が困っています。"
    plan = "水位計を置きます。"
    measure = "見回りの記録と比べます。"
    learning = "気づけない詰まり方を記録します。"
    sensors = factory.LazyFunction(lambda: [dict(SENSOR)])
    places = factory.LazyFunction(lambda: [dict(PLACE)])
    facilities = "none"
    period_from = factory.LazyFunction(lambda: clock.local_date() + timedelta(days=50))
    period_until = factory.LazyFunction(lambda: clock.local_date() + timedelta(days=230))
    personal_data = "no"
    conformity = "ready"
    sharing = "city"
    revision = 1
    device_count = 12
    place_name = "婦中町の用水路"

    @factory.post_generation
    def handed_in(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """What follows from the answers, and the revision that was handed in."""
        if not create:
            return
        derive(self)
        self.save(update_fields=list(DERIVED))
        if extracted is not False:
            self.revision = 0
            revision_add(row=self, actor=self.created_by, now=self.submitted_at)
