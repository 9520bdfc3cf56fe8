"""Words of two characters, in every way of writing them."""

from __future__ import annotations

import pytest

from apps.calls.models import Application
from apps.core.search import bigrams, fold, indexed, search, words
from tests.factories.calls import SubmittedFactory


def test_pairs_of_characters() -> None:
    assert bigrams("水門") == ["水", "水門", "門"]
    assert bigrams("ab cd") == ["a", "ab", "b", "c", "cd", "d"]
    assert bigrams("") == []
    assert fold("ﾎﾟﾝﾌﾟ　ＡＢＣ") == "ポンプ abc"
    assert words("  水門　ﾎﾟﾝﾌﾟ ") == ["水門", "ポンプ"]
    text, terms = indexed("消雪ﾎﾟﾝﾌﾟ", "富山\n駅")
    assert text == "消雪ポンプ 富山 駅"
    assert {"ンプ", "富山", "駅"} <= set(terms)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("水門", 1),
        ("ﾎﾟﾝﾌﾟ", 1),
        ("ポンプ", 1),
        ("ｐｏｎｐｕ", 1),
        ("門水", 0),
        ("水 門", 1),
        ("見張り 水門", 1),
        ("見張り 山門", 0),
        ("𠮷", 1),
        ("𠮷野", 1),
        ("門", 1),
        ("%", 0),
        ("_", 0),
        ("'; --", 0),
        ("\x00", 2),
        ("", 2),
        ("あ" * 9000, 0),
    ],
)
def test_what_a_question_finds(query: str, found: int) -> None:
    SubmittedFactory.create(title="水門を見張り、ポンプ（PONPU）を止める", org_name="𠮷野商会")
    SubmittedFactory.create(title="なにもない")
    assert search(Application.objects.all(), query=query).count() == found
