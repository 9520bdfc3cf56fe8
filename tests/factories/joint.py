from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory

from apps.calls.enums import ConsentState, JointState
from apps.calls.models import FacilityConsent, JointApplicant
from apps.core import clock
from apps.core.tokens import new_token, token_hash
from tests.factories.calls import ApplicationFactory, SubmittedFactory
from tests.factories.people import UserFactory


class JointFactory(factory.django.DjangoModelFactory):
    """An invitation of three days ago, for ``token`` if one is given."""

    class Meta:
        model = JointApplicant

    class Params:
        token = factory.LazyFunction(lambda: new_token()[0])

    application = factory.SubFactory(ApplicationFactory)
    org_name = "見本大学 水の研究室"
    contact_name = "川口 澄"
    email: Any = factory.Sequence(lambda n: f"partner{n}@example.jp")
    token_hash = factory.LazyAttribute(lambda row: token_hash(row.token))
    invited_by = factory.SelfAttribute("application.created_by")
    sent_at = factory.LazyFunction(lambda: clock.now() - timedelta(days=3))
    expires_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=27))


class ConfirmedFactory(JointFactory):
    """A partner who confirmed yesterday."""

    state = JointState.CONFIRMED
    user = factory.SubFactory(UserFactory)
    email = factory.SelfAttribute("user.email")
    answered_at = factory.LazyFunction(lambda: clock.now() - timedelta(days=1))


class ConsentFactory(factory.django.DjangoModelFactory):
    """A question of three days ago, to be answered in ten days."""

    class Meta:
        model = FacilityConsent

    class Params:
        token = factory.LazyFunction(lambda: new_token()[0])

    application = factory.SubFactory(SubmittedFactory)
    facility = "婦中ふれあい館の屋上"
    owner_name = "見本市 施設管理課"
    email = "shisetsu@example.jp"
    message = "屋上に受信機を1台置きます。"
    due_on = factory.LazyFunction(lambda: clock.local_date() + timedelta(days=10))
    token_hash = factory.LazyAttribute(lambda row: token_hash(row.token))
    expires_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=40))
    asked_by = factory.SubFactory(UserFactory, is_staff=True)


def answered(**values: Any) -> FacilityConsent:
    """A consent that was given yesterday and that nobody read."""
    given: dict[str, Any] = {
        "state": ConsentState.APPROVED,
        "answered_at": clock.now() - timedelta(days=1),
        "answered_by": "宮田 守",
        "answered_section": "施設管理課",
        "answered_from": "192.0.2.7",
    }
    row: FacilityConsent = ConsentFactory.create(**{**given, **values})
    return row
