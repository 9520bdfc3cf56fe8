from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.calls.rules.blind import (
    BLIND_FIELDS,
    IDENTITY_FIELDS,
    OPEN_FIELDS,
    Identity,
    Veil,
    fold,
    identities_joined,
    identity_of_answers,
)
from apps.calls.rules.questions import FIELDS

MIZUOTO = Identity(
    organizations=(
        "株式会社みずおと技研",
        "カブシキガイシャ ミズオトギケン",
        "Mizuoto Engineering Co., Ltd.",
    ),
    people=("代表取締役社長 水音 太郎", "山田花子"),
    numbers=("1234567890123", "076-431-0000", "930-0002"),
    addresses=("富山県富山市新桜町7番38号 水音ビル3階",),
    nets=("hanako@mizuoto-giken.co.jp", "https://www.mizuoto-giken.co.jp/"),
)


def veiled(text: str, identity: Identity = MIZUOTO) -> str:
    return Veil(identity).over(text)


@pytest.mark.parametrize(
    "text",
    [
        "株式会社みずおと技研",
        "㈱みずおと技研",
        "（株）みずおと 技研",
        "みずおと技研",
        "ミズオト技研",
        "ﾐｽﾞｵﾄ技研",
        "みす\u3099おと技研",
        "み　ず　お　と　技　研",
        "みず\u200bおと技研",
        "みず\nおと技研",
        "ミズオトギケン",
        "みずおとぎけん",
        "Mizuoto Engineering",
        "MIZUOTO ENGINEERING CO., LTD.",
        "ｍｉｚｕｏｔｏ　ｅｎｇｉｎｅｅｒｉｎｇ",
        "mizuoto",
        "水音太郎",
        "水音　太郎",
        "社長の水音 太郎",
        "水音社長",
        "水音さん",
        "山田 花子",
        "1234567890123",
        "T1234567890123",
        "1234-5678-90123",
        "１２３４５６７８９０１２３",
        "0764310000",
        "076(431)0000",
        "076－431－0000",
        "+81-76-431-0000",
        "富山県富山市新桜町7番38号",
        "富山市新桜町７番３８号",
        "新桜町7番38号",
        "新桜町7-38",
        "新桜町７－３８",
        "水音ビル3階",
        "〒930-0002",
        "hanako@mizuoto-giken.co.jp",
        "mizuoto-giken.co.jp",
        "mizuoto-giken",
        "http://mizuoto-giken.co.jp/products?a=1",
    ],
)
def test_however_it_is_spelled_it_is_replaced(text: str) -> None:
    for around in ("", "私たち{}は、", "（{}）", "a {} b"):
        found = veiled((around or "{}").replace("{}", text))
        assert fold(text) not in fold(found)
        for telling in ("みずおと", "mizuoto", "水音", "花子", "1234567890123", "4310000", "新桜町"):
            assert telling not in fold(found)


@pytest.mark.parametrize(
    "text",
    [
        "用水路の水位を10分ごとに測ります。",
        "富山市の海岸で、気温−5℃から35℃まで。",
        "2026-12-03から2027-03-31まで、0-10-100の三段階。",
        "LoRaWAN (AS923) の機器を@10分で動かします。",
        "技適番号 012-345678",
    ],
)
def test_what_tells_nothing_stays(text: str) -> None:
    assert veiled(text) == text


def test_the_text_around_a_name_stays() -> None:
    name = veiled("みずおと技研")
    for text in ("㈱みずおと技研", "（株）みずおと技研", "みずおと技研株式会社", "有限会社　みずおと技研"):
        assert veiled(f"私たち{text}は、川を測る。") == f"私たち{name}は、川を測る。"


@pytest.mark.parametrize("name", ["水音太郎", "水音 太郎", "代表　水音太郎"])
@pytest.mark.parametrize("text", ["水音太郎", "水音さん", "水音氏", "水 音 太 郎", "担当の水音"])
def test_a_name_written_as_one_is_found_by_its_family_name(name: str, text: str) -> None:
    assert "水音" not in fold(veiled(f"窓口は{text}です。", Identity(people=(name,))))


def test_links_and_addresses_of_anybody_are_withheld() -> None:
    found = veiled("詳しくはhttps://example.net/a?b=cを、または someone@elsewhere.jpへ。電話は03-1234-5678。")
    assert "example.net" not in found
    assert "someone" not in found
    assert "1234-5678" not in found
    assert found.startswith("詳しくは")
    assert "を、または" in found


def test_latin_names_are_not_looked_for_inside_words() -> None:
    identity = Identity(organizations=("AIM Inc.",))
    assert veiled("We claim and aim high.", identity) == "We claim and " + veiled("aim", identity) + " high."


def test_short_and_common_words_are_no_needles() -> None:
    identity = Identity(organizations=("Toyama Sensor Network", "A"), nets=("a@gmail.com",))
    assert (
        veiled("the sensor network of Toyama, by gmail", identity) == "the sensor network of Toyama, by gmail"
    )
    assert "Toyama Sensor Network" not in veiled("as Toyama Sensor Network does", identity)


def test_nothing_is_hidden_where_the_phase_hides_nothing() -> None:
    text = "㈱みずおと技研 https://mizuoto-giken.co.jp"
    assert Veil(None).over(text) == text


def test_lists_and_dictionaries() -> None:
    rows = [{"name": "みずおと技研の水位計", "count": 3, "geometry": None}]
    found = Veil(MIZUOTO).over_all(rows)
    assert found[0]["count"] == 3
    assert found[0]["geometry"] is None
    assert "みずおと" not in found[0]["name"]
    assert found[0]["name"].endswith("の水位計")


def test_every_answer_is_shown_hidden_or_nobodys() -> None:
    assert not set(BLIND_FIELDS) & set(IDENTITY_FIELDS)
    assert set(FIELDS) <= {*BLIND_FIELDS, *IDENTITY_FIELDS, *OPEN_FIELDS}


def test_answers_of_several_revisions() -> None:
    old = identity_of_answers({"org_name": "旧みずおと社"})
    new = identity_of_answers({"org_name": "新かわおと社", "address": None})
    veil = Veil(identities_joined([old, new]))
    assert veil.tells("旧みずおと社から新しく")
    assert veil.tells("新かわおと社")
    assert not veil.tells("川の音")


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_name_in_any_text(name: str, around: str) -> None:
    veil = Veil(
        Identity(organizations=(name,), people=(name,), numbers=(name,), addresses=(name,), nets=(name,))
    )
    found = veil.over(around + name + around)
    assert isinstance(found, str)
    assert veil.over(Veil(None).over(found)) is not None
