"""Who may send how often without an account, and the trap for programs."""

from __future__ import annotations

import pytest

from apps.core.open_forms import OpenForm
from apps.core.rates import rate_hit
from apps.core.tokens import new_token, token_hash


def test_so_many_and_no_more() -> None:
    hits = [rate_hit(name="test", who="203.0.113.9", limit=3, seconds=3600) for _n in range(5)]
    assert hits.count(True) == 3
    assert rate_hit(name="test", who="203.0.113.10", limit=3, seconds=3600)
    assert rate_hit(name="another", who="203.0.113.9", limit=3, seconds=3600)
    assert rate_hit(name="test", who="\ud800\x00" * 99, limit=1, seconds=3600)


class Short(OpenForm):
    rate = ("short", 2, 3600)


def test_a_form_says_when_it_was_too_often() -> None:
    answers = [Short({}, client="203.0.113.77").is_valid() for _n in range(3)]
    assert answers == [True, True, False]
    last = Short({}, client="203.0.113.77")
    assert not last.is_valid()
    assert "しばらく" in str(last.errors) or "待って" in str(last.errors)


@pytest.mark.parametrize(("typed", "trapped"), [("", False), ("https://example.com", True)])
def test_the_trap(typed: str, trapped: bool) -> None:
    form = OpenForm({"homepage": typed}, client=f"203.0.113.{len(typed)}")
    assert form.is_valid()
    assert form.trapped == trapped


def test_tokens_are_kept_only_as_hashes() -> None:
    token, kept = new_token()
    assert len(token) >= 43
    assert kept == token_hash(token) != token
    assert new_token()[0] != token
    assert len(token_hash("\ud800")) == 64
