from __future__ import annotations

from datetime import timedelta

import factory

from apps.calls.enums import CallState
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
    code = factory.Sequence(lambda n: f"2026-{n + 1:03d}")
    created_by = factory.SubFactory(UserFactory)
