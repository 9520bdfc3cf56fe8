from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory

from apps.core import registry
from tests.factories.trials import TrialFactory


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry._registry, "slots", {})
    monkeypatch.setattr(registry._registry, "facts", {})


def rendered(place: str, **kwargs: str) -> str:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    template = Template("{% load slots %}{% slot place code=code %}")
    return template.render(Context({"request": request, "place": place, **kwargs}))


@pytest.mark.django_db
def test_a_slot_holds_the_answers_of_its_views_in_order() -> None:
    trial = TrialFactory.create(title="水位を知る")
    registry.register_slot("a.page", "trials:trial-detail", order=20)
    registry.register_slot("a.page", "trials:trial-detail", order=10)
    assert len(registry.slots("a.page")) == 1
    assert "水位を知る" in rendered("a.page", code=trial.code)
    assert rendered("another.page", code=trial.code) == ""


@pytest.mark.django_db
def test_a_refusal_leaves_the_slot_empty() -> None:
    registry.register_slot("a.page", "trials:trial-detail")
    assert rendered("a.page", code="2025-999") == ""


def test_facts_are_asked_once_for_all_rows_and_only_when_there_are_any() -> None:
    asked: list[list[int]] = []

    def provider(rows: list[int]) -> dict[int, str]:
        asked.append(rows)
        return {row: f"fact {row}" for row in rows}

    assert registry.facts("device.state", [1]) == {}
    registry.register_facts("device.state", provider)  # type: ignore[arg-type]
    assert registry.facts("device.state", []) == {}
    assert registry.facts("device.state", [1, 2]) == {1: "fact 1", 2: "fact 2"}
    assert asked == [[1, 2]]
