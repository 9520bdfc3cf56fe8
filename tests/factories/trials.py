from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory

from apps.core import clock
from apps.trials.enums import Access, ParticipantRole, QuotaKind
from apps.trials.models import Participant, Trial, TrialQuota
from tests.factories.organizations import OrganizationFactory


class TrialFactory(factory.django.DjangoModelFactory):
    """A running trial with its lead participant and quotas (``devices=50``, ``messages=5000``)."""

    class Meta:
        model = Trial
        skip_postgeneration_save = True

    #: Beyond every number that a test names itself.
    code = factory.Sequence(lambda n: f"2025-{n + 2001}")
    organization = factory.SubFactory(OrganizationFactory)
    fiscal_year = 2025
    title = "用水路のごみ詰まりを水位差で知る"
    starts_on = factory.LazyFunction(lambda: clock.local_date() - timedelta(days=60))
    ends_on = factory.LazyFunction(lambda: clock.local_date() + timedelta(days=120))

    @factory.post_generation
    def devices(self: Trial, create: bool, extracted: int | None, **kwargs: Any) -> None:
        Participant.objects.create(
            trial=self, organization=self.organization, role=ParticipantRole.LEAD, access=Access.MANAGE
        )
        granted = 50 if extracted is None else extracted
        TrialQuota.objects.create(trial=self, kind=QuotaKind.DEVICES, granted=granted)

    @factory.post_generation
    def messages(self: Trial, create: bool, extracted: int | None, **kwargs: Any) -> None:
        granted = 5000 if extracted is None else extracted
        TrialQuota.objects.create(trial=self, kind=QuotaKind.MESSAGES, granted=granted)
