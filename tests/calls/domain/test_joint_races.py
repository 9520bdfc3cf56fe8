"""Two at once by mailed links, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.calls.domain.consent import consent_answer
from apps.calls.domain.joint import joint_confirm, joint_invite, joint_remove
from apps.calls.models import FacilityConsent, JointApplicant
from apps.core.errors import Conflict, InvalidInput, NotFound
from apps.organizations.models import Organization
from apps.outbox.models import Message
from tests.calls.domain.test_races import at_once
from tests.factories.calls import ApplicationFactory
from tests.factories.joint import ConfirmedFactory, ConsentFactory, JointFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "r" * 43
NEW = {"kind": "research", "name": "見本大学", "name_kana": "", "corporate_number": ""}


def test_of_two_people_with_one_link_one_takes_part() -> None:
    JointFactory.create(token=TOKEN)
    people = UserFactory.create_batch(2)
    results = at_once([lambda p=p: joint_confirm(token=TOKEN, actor=p, new=NEW) for p in people])
    assert [type(row) for row in results if isinstance(row, Exception)] == [NotFound]
    assert JointApplicant.objects.get().user in people
    assert Organization.objects.filter(name="見本大学").count() == 1


def test_a_double_click_confirms_once() -> None:
    JointFactory.create(token=TOKEN)
    person = UserFactory.create()
    results = at_once([lambda: joint_confirm(token=TOKEN, actor=person, new=NEW)] * 3)
    assert {row.pk for row in results} == {JointApplicant.objects.get().pk}
    assert Organization.objects.filter(name="見本大学").count() == 1
    assert Message.objects.filter(template="calls-joint-confirmed").count() == 1


def test_a_double_click_invites_once() -> None:
    draft = ApplicationFactory.create()
    values: dict[str, Any] = {"org_name": "見本大学", "email": "p@example.jp"}
    results = at_once([lambda: joint_invite(application=draft, actor=draft.created_by, **values)] * 3)
    assert sum(isinstance(row, InvalidInput) for row in results) == 2
    assert Message.objects.count() == JointApplicant.objects.count() == 1


def test_removing_twice_at_once_tells_once() -> None:
    joint = ConfirmedFactory.create()
    lead = joint.application.created_by
    results = at_once([lambda: joint_remove(joint=joint, actor=lead)] * 2)
    assert sum(isinstance(row, NotFound) for row in results) == 1
    assert Message.objects.filter(template="calls-joint-removed").count() == 1


def test_of_two_answers_at_once_one_counts() -> None:
    ConsentFactory.create(token=TOKEN)
    acts: list[Callable[[], Any]] = [
        lambda a=a: consent_answer(token=TOKEN, answer=a, name="人", section="課", comment="理由")
        for a in ("approved", "declined", "change")
    ]
    results = at_once(acts)
    assert sum(isinstance(row, Conflict) for row in results) == 2
    row = FacilityConsent.objects.get()
    given = [result for result in results if not isinstance(result, Exception)]
    assert [result.state for result in given] == [row.state]
    assert Message.objects.filter(template="calls-consent-copy").count() == 1
