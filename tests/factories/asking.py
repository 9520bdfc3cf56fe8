from __future__ import annotations

from typing import Any

import factory

from apps.calls.enums import QuestionState
from apps.calls.models import Consultation, OutreachVisit, PublicQuestion
from apps.core import clock
from apps.core.search import indexed
from tests.factories.calls import CallFactory
from tests.factories.people import UserFactory


class PublicQuestionFactory(factory.django.DjangoModelFactory):
    """A question that waits; ``state=published`` gives it an answer."""

    class Meta:
        model = PublicQuestion

    call = factory.SubFactory(CallFactory)
    number = factory.Sequence(lambda n: n + 1)
    original_text = "山田商店の者です。中継器は市が置きますか。"
    text = "中継器は市が置きますか。"
    asked_at: Any = factory.LazyFunction(clock.now)
    answer = factory.LazyAttribute(
        lambda row: (
            "市のネットワークを使うので、置かなくてかまいません。"
            if row.state in ("answered", "published")
            else ""
        )
    )
    published_at: Any = factory.LazyAttribute(
        lambda row: clock.now() if row.state == QuestionState.PUBLISHED else None
    )
    state = QuestionState.WAITING
    search_text = factory.LazyAttribute(lambda row: indexed(row.text, row.answer)[0])


class ConsultationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consultation

    call = factory.SubFactory(CallFactory)
    organization_name = "みほん農園"
    contact_name = "見本 太郎"
    email = factory.Sequence(lambda n: f"talk{n}@example.jp")
    topic = "ハウスの温度を測りたい。何から始めればよいか。"
    search_text = factory.LazyAttribute(lambda row: indexed(row.organization_name, row.topic)[0])


class OutreachVisitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OutreachVisit

    visited_on = factory.LazyFunction(clock.local_date)
    organization_name = "みほん商会"
    staff = factory.SubFactory(UserFactory, is_staff=True)
    search_text = "みほん商会"
