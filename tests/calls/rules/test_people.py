from __future__ import annotations

import pytest

from apps.calls.rules.people import MOST, Invitee, people_of

WANTED = Invitee("水野 はる", "haru@machi-u.ac.jp")


@pytest.mark.parametrize(
    "line",
    [
        "水野 はる <haru@machi-u.ac.jp>",
        "水野 はる＜Haru@machi-u.ac.jp＞",
        "  水野　はる < haru@machi-u.ac.jp > ",
        '"水野 はる" <haru@machi-u.ac.jp>',
        "水野 はる haru@machi-u.ac.jp",
        "水野 はる, haru@machi-u.ac.jp",
        "水野 はる\tharu@machi-u.ac.jp",
        "haru@machi-u.ac.jp，水野 はる",
        "水野 はる、haru@machi-u.ac.jp",
    ],
)
def test_panel_lines_are_read_as_people_paste_them(line: str) -> None:
    assert people_of(f"\n{line}\r\n\n") == ([WANTED], [])


def test_panel_an_affiliation_may_follow() -> None:
    found, faults = people_of(
        "水野 はる <haru@machi-u.ac.jp> まち大学 工学部\n森 ゆう, yuu@kawa.co.jp, 川の研究所"
    )
    assert [row.affiliation for row in found] == ["まち大学 工学部", "川の研究所"]
    assert faults == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("水野 はる", 1),
        ("水野 はる <haru@>", 1),
        ("haru@machi-u.ac.jp", 1),
        ("A <a@b.jp>\nB <a@B.jp>", 2),
        ("A <a@b.jp>\n" + "名" * 101 + " <b@b.jp>", 2),
    ],
)
def test_panel_what_cannot_be_read_is_named_by_its_line(text: str, line: int) -> None:
    _found, faults = people_of(text)
    assert len(faults) == 1
    assert str(line) in faults[0]


def test_panel_no_more_than_fifty_at_once() -> None:
    lines = [f"人{n} <p{n}@b.jp>" for n in range(MOST + 1)]
    assert len(people_of("\n".join(lines[:MOST]))[0]) == MOST
    found, faults = people_of("\n".join(lines))
    assert found == []
    assert len(faults) == 1
