from __future__ import annotations

import pytest

from apps.core.memo import remembered, remembering

asked: list[int] = []


@remembered
def doubled(number: int, *, more: int = 0) -> int:
    asked.append(number)
    if number < 0:
        raise ValueError(number)
    return 2 * number + more


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    asked.clear()


def test_without_a_page_every_question_is_asked() -> None:
    assert (doubled(2), doubled(2)) == (4, 4)
    assert asked == [2, 2]


def test_a_page_asks_once_for_the_same_arguments_and_the_next_page_anew() -> None:
    first: dict[object, object] = {}
    with remembering(first):
        assert [doubled(2), doubled(2), doubled(2, more=1), doubled(3)] == [4, 4, 5, 6]
    with remembering(first):
        doubled(2)
    assert asked == [2, 2, 3]
    with remembering({}):
        doubled(2)
    assert asked == [2, 2, 3, 2]


def test_a_refusal_is_not_kept() -> None:
    with remembering({}):
        for _turn in range(2):
            with pytest.raises(ValueError, match="-1"):
                doubled(-1)
    assert asked == [-1, -1]
