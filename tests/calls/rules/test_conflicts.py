from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.calls.enums import ConflictGround, ConflictKind
from apps.calls.rules.conflicts import (
    Belonging,
    Lift,
    Match,
    Person,
    Side,
    Tie,
    affiliations,
    bare_name,
    find,
)
from apps.organizations.rules import clean_domain, domain_of, is_domain, is_public, telling

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
WHO, WHAT, ORGANIZATION, USER = (uuid.UUID(int=n) for n in range(1, 5))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("株式会社みずおと技研", "みずおと技研"),
        ("㈱みずおと技研", "みずおと技研（株）"),
        ("（株） みずおと 技研", "株式会社　みずおと技研"),
        ("ﾐｽﾞｵﾄ・ギケン", "ミズオト ギケン"),
        ("Mizuoto Engineering Co., Ltd.", "MIZUOTO ENGINEERING"),
        ("Ｍｉｚｕｏｔｏ Inc.", "mizuoto"),
        ("国立大学法人まち大学", "まち大学"),
        ("NPO法人みずべの会", "特定非営利活動法人 みずべの会"),
    ],
)
def test_conflict_names_are_compared_without_their_legal_form(one: str, other: str) -> None:
    assert bare_name(one) == bare_name(other) != ""


@pytest.mark.parametrize("name", ["", "  ", "株式会社", "㈱", "（株）A", "Inc."])
def test_conflict_a_name_that_tells_nothing_matches_nothing(name: str) -> None:
    assert bare_name(name) == "" or len(bare_name(name)) > 1
    side = Side(WHAT, names=frozenset({name}))
    person = Person(WHO, names=frozenset({"", "（有）"}))
    assert find([person], [side], TODAY, {}) == {}


def test_conflict_other_companies_stay_apart() -> None:
    assert bare_name("みずおと技研") != bare_name("みずおと技建")


@pytest.mark.parametrize(
    ("domain", "public"),
    [
        ("gmail.com", True),
        ("yahoo.co.jp", True),
        ("docomo.ne.jp", True),
        ("pc.home.ocn.ne.jp", True),
        ("example.jp", True),
        ("ac.jp", True),
        ("mizuoto-giken.co.jp", False),
        ("eng.machi-u.ac.jp", False),
        ("city.machi.lg.jp", False),
    ],
)
def test_conflict_public_providers_tell_nothing(domain: str, public: bool) -> None:
    assert is_public(domain) is public
    assert bool(telling(domain)) is not public


def test_conflict_a_domain_stands_for_those_above_it() -> None:
    assert telling("eng.machi-u.ac.jp") == ["eng.machi-u.ac.jp", "machi-u.ac.jp"]


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("@Mizuoto.co.jp", "mizuoto.co.jp"),
        ("haru@mizuoto.co.jp ", "mizuoto.co.jp"),
        ("https://mizuoto.co.jp/about", "mizuoto.co.jp"),
        ("みずおと.jp", "xn--28jxa5f4b.jp"),
    ],
)
def test_conflict_domains_are_taken_as_people_type_them(typed: str, clean: str) -> None:
    assert clean_domain(typed).endswith(".jp")
    assert is_domain(clean_domain(typed))
    if typed.isascii():
        assert clean_domain(typed) == clean


@pytest.mark.parametrize(
    "text", ["", "mizuoto", "a b.jp", "-a.jp", "a..jp", "a" * 300 + ".jp", "@", "1.2.3.4"]
)
def test_conflict_what_is_no_domain_is_known(text: str) -> None:
    assert not is_domain(clean_domain(text))


def test_conflict_an_address_without_a_domain_has_none() -> None:
    assert domain_of("haru") == ""
    assert domain_of("Haru@Mizuoto.CO.JP") == "mizuoto.co.jp"


SIDE = Side(
    WHAT,
    users=frozenset({USER}),
    organizations=frozenset({ORGANIZATION}),
    numbers=frozenset({"4011001098993", ""}),
    names=frozenset({"株式会社みずおと技研"}),
    domains=frozenset({"mizuoto.co.jp"}),
)


@pytest.mark.parametrize(
    ("facts", "ground"),
    [
        ({"user": USER}, "membership"),
        ({"belongings": (Belonging(ORGANIZATION),)}, "membership"),
        ({"belongings": (Belonging(uuid.uuid4(), number="4011001098993"),)}, "membership"),
        ({"belongings": (Belonging(uuid.uuid4(), name="みずおと技研㈱"),)}, "membership"),
        ({"domains": frozenset({"mizuoto.co.jp"})}, "domain"),
        ({"domains": frozenset({"lab.mizuoto.co.jp"})}, "domain"),
        ({"names": affiliations("みずおと技研 研究部")}, "tie"),
        ({"ties": (Tie("employer", name="(株)みずおと技研"),)}, "tie"),
        ({"ties": (Tie("officer", name="別名", number="4011001098993"),)}, "tie"),
        ({"ties": (Tie("holding", name="別名", domain="mizuoto.co.jp"),)}, "tie"),
        ({"ties": (Tie("family", name="別名", organization=ORGANIZATION),)}, "tie"),
    ],
)
def test_conflict_is_found_by_itself(facts: dict[str, Any], ground: str) -> None:
    found = find([Person(WHO, **facts)], [SIDE], TODAY, {})
    assert {pair: (row.kind, row.ground) for pair, row in found.items()} == {(WHO, WHAT): ("hard", ground)}


@pytest.mark.parametrize(
    ("tie", "kind"),
    [
        (Tie("research", name="みずおと技研"), "soft"),
        (Tie("other", name="みずおと技研"), "soft"),
        (Tie("employer", name="みずおと技研", until=TODAY - timedelta(days=1)), "soft"),
        (Tie("employer", name="みずおと技研", until=TODAY), "hard"),
    ],
)
def test_conflict_research_and_what_has_ended_are_soft(tie: Tie, kind: str) -> None:
    assert find([Person(WHO, ties=(tie,))], [SIDE], TODAY, {})[WHO, WHAT].kind == kind


def test_conflict_the_strongest_stands() -> None:
    person = Person(
        WHO,
        domains=frozenset({"mizuoto.co.jp"}),
        ties=(Tie("research", name="みずおと技研"), Tie("employer", name="みずおと技研")),
    )
    assert find([person], [SIDE], TODAY, {})[WHO, WHAT] == Match(ConflictKind.HARD, ConflictGround.DOMAIN)


@pytest.mark.parametrize("domain", ["gmail.com", "example.jp", "mizuoto.jp", "notmizuoto.co.jp", "co.jp"])
def test_conflict_is_not_found_by_another_or_a_public_domain(domain: str) -> None:
    side = Side(WHAT, domains=frozenset({"gmail.com", "example.jp", "mizuoto.co.jp"}))
    assert find([Person(WHO, domains=frozenset({domain}))], [side], TODAY, {}) == {}


def test_conflict_a_lifted_one_stays_lifted_until_something_new_comes_up() -> None:
    lifts = {(WHO, WHAT): [Lift("membership", NOW)]}
    before = Belonging(ORGANIZATION, added=NOW - timedelta(days=1))
    after = Belonging(ORGANIZATION, added=NOW + timedelta(days=1))
    assert find([Person(WHO, belongings=(before,))], [SIDE], TODAY, lifts) == {}
    assert (WHO, WHAT) in find([Person(WHO, belongings=(after,))], [SIDE], TODAY, lifts)
    told = Person(WHO, belongings=(before,), domains=frozenset({"mizuoto.co.jp"}))
    assert find([told], [SIDE], TODAY, lifts)[WHO, WHAT].ground == "domain"
