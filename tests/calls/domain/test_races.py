"""Two at once, on real PostgreSQL: numbers, drafts, handing in, deciding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.calls import rules
from apps.calls.domain import application_save, application_start, application_submit
from apps.calls.models import Application
from apps.organizations.models import Organization
from apps.outbox.models import Message
from tests.calls.conftest import PLEDGES
from tests.concurrency import at_once
from tests.factories.calls import ApplicationFactory, CallFactory, complete_answers
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_numbers_are_never_given_twice() -> None:
    call = CallFactory.create(fiscal_year=2026)
    people = UserFactory.create_batch(6)
    results = at_once([lambda p=p: application_start(call=call, actor=p) for p in people])
    assert sorted(row.code for row in results) == [f"2026-{n:03d}" for n in range(1, 7)]


def test_a_double_click_begins_one_draft() -> None:
    call, person = CallFactory.create(), UserFactory.create()
    results = at_once([lambda: application_start(call=call, actor=person)] * 4)
    assert len({row.pk for row in results}) == 1
    assert Application.objects.count() == 1
    assert Message.objects.count() == 1


def test_a_double_click_hands_in_once() -> None:
    person = UserFactory.create()
    draft = ApplicationFactory.create(created_by=person, **complete_answers())
    act = lambda: application_submit(application=draft, actor=person, pledges=PLEDGES)  # noqa: E731
    results = at_once([act] * 4)
    assert len({(row.code, row.submitted_at) for row in results}) == 1
    assert Organization.objects.count() == 1
    assert Message.objects.filter(template="calls-receipt").count() == 1


def test_two_savings_at_once_lose_neither_text() -> None:
    draft = ApplicationFactory.create(need="はじめ")
    seen = {"need": rules.digest("はじめ"), "title": rules.digest(draft.title)}

    def save(**values: str) -> Callable[[], Any]:
        return lambda: application_save(
            application=draft, actor=draft.created_by, values={"title": draft.title, **values}, bases=seen
        )

    results = at_once([save(need="甲"), save(need="乙"), save(need="はじめ", title="丙")])
    draft.refresh_from_db()
    assert draft.title == "丙"
    assert sorted([draft.need, draft.variants.get().value]) == sorted(["甲", "乙"])
    assert sorted(len(result.conflicts) for result in results) == [0, 0, 1]
