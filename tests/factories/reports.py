from __future__ import annotations

from typing import Any

import factory

from apps.core import clock
from apps.reports.enums import Outcome, ReportState
from apps.reports.models import Report
from tests.factories.trials import TrialFactory


class ReportFactory(factory.django.DjangoModelFactory):
    """A published report of a trial that did not work."""

    class Meta:
        model = Report

    trial = factory.SubFactory(TrialFactory)
    state = ReportState.PUBLISHED
    outcome = Outcome.DID_NOT
    summary = "雨の音と詰まりの音を分けられませんでした。"
    hypothesis = "水の音が高くなると考えました。"
    measured = "4か所で8か月、10分ごとに測りました。"
    did_not_work = "雨の日は区別できませんでした。\n落ち葉が触れて止まりました。"
    learned = "水位差のほうが安定します。"
    next_step = "水位差で続きを試します。"
    submitted_at: Any = factory.LazyFunction(clock.now)
    published_at: Any = factory.LazyFunction(clock.now)


class DraftReportFactory(ReportFactory):
    """Complete, but not handed in."""

    state = ReportState.DRAFT
    submitted_at = None
    published_at = None
