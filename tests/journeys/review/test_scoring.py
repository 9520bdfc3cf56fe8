"""A reviewer scores: what is written is never lost, and nothing of it needs a mouse."""

from __future__ import annotations

from typing import Any

import pytest

from apps.calls.models import Review, ReviewAssignment
from apps.calls.rules.marks import CANNOT, score_unit
from apps.calls.selectors.reviews import marks_of
from tests.factories.people import UserFactory
from tests.factories.review import assigned, review_call, reviewer, submitted
from tests.journeys.call.server import signed_in
from tests.journeys.stage import Person, Stage, Variant


@pytest.fixture
def seats() -> list[ReviewAssignment]:
    call = review_call(code="2026", title="センサーネットワーク 実証実験公募（見本）")
    expert = reviewer(call, UserFactory.create(name="評価 はな", is_reviewer=True))
    return [assigned(expert, submitted(call, title=title)) for title in ("用水路のごみ", "雪の下の消火栓")]


def expert(stage: Stage, seats: list[ReviewAssignment], variant: Variant) -> Person:
    person = stage.person("はな", variant)
    signed_in(person, seats[0].reviewer.user)
    return person


def units(seat: ReviewAssignment) -> list[str]:
    return [score_unit(row.pk) for row in seat.application.call.criteria.all()]


def stored(seat: ReviewAssignment) -> dict[str, str]:
    return marks_of(Review.objects.filter(assignment=seat).first())


def reaches(stage: Stage, seat: ReviewAssignment, unit: str, text: Any) -> None:
    stage.wait(f"{unit} in the database", lambda: stored(seat).get(unit) == text)


def line(person: Person, said: str) -> None:
    person.page.locator(f"[data-autosave-line][data-said={said}]").wait_for()


def scores(person: Person, unit: str, value: int) -> None:
    person.page.locator(f"input[name={unit}][value='{value}']").check(force=True)


@pytest.mark.variants("phone-ja")
def test_scoring_offline_and_in_a_closed_tab_loses_nothing(
    stage: Stage, seats: list[ReviewAssignment], variant: Variant
) -> None:
    stage.listening = False
    seat = seats[0]
    first, second = units(seat)
    person = expert(stage, seats, variant)
    person.goto(f"/admin/review/{seat.application.code}/")
    scores(person, first, 4)
    line(person, "saved")
    reaches(stage, seat, first, "4")
    person.context.set_offline(True)
    scores(person, second, 7)
    person.fill(comment_city="電車の中で書いた。\n")
    line(person, "offline")
    person.look("scoring-offline")
    person.close_tab()
    person.context.set_offline(False)
    person.goto(f"/admin/review/{seat.application.code}/")
    reaches(stage, seat, "comment_city", "電車の中で書いた。\n")
    assert stored(seat)[second] == "7"
    person.context.set_offline(True)
    person.fill(comment_applicant="続きも書いた。")
    line(person, "offline")
    person.page.goto("about:blank")
    person.context.set_offline(False)
    person.goto("/admin/review/")
    reaches(stage, seat, "comment_applicant", "続きも書いた。")


@pytest.mark.variants("desktop-en")
def test_scoring_by_keyboard_from_the_list_to_handing_in(
    stage: Stage, seats: list[ReviewAssignment], variant: Variant
) -> None:
    person = expert(stage, seats, variant)
    person.goto("/admin/")
    person.look("review-home")
    code = seats[0].application.code
    person.tab_to(f"a.button[href$='/{code}/']")
    person.enter()
    person.look("review-sheet")
    first, second = units(seats[0])
    person.tab_to(f"input[name={first}]")
    person.press("Space")
    person.tab_to(f"input[name={first}][value='3']")
    person.tab_to(f"input[name={second}]")
    person.press("Space")
    person.tab_to(f"input[name={second}][value='{CANNOT}']")
    person.tab_to("#id_comment_applicant")
    person.type("冬の電池を先に確かめてください。")
    person.tab_to("button[name=hand_in]")
    person.enter()
    person.see_message("Handed in. Thank you.")
    person.look("review-handed-in")
    kept = stored(seats[0])
    assert (kept[first], kept[second]) == ("3", CANNOT)
    person.tab_to(f"a.button[href$='/{seats[1].application.code}/']")
    person.enter()
    person.tab_to("a[href$='/recuse/']")
    person.enter()
    person.look("review-recuse")
    person.tab_to("#id_reason")
    person.type("応募者の研究室と共同で研究しています。")
    person.tab_to("main form .button-danger")
    person.enter()
    person.see_message("What is left for me")
    assert seats[1].application.code not in person.page.locator("main table").inner_text()
