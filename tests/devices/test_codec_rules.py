from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from apps.devices.rules.codecs import PAYLOAD_MOST, clean_script, differences, payload_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        ("012c00", b"\x01\x2c\x00"),
        ("01 2C 00", b"\x01\x2c\x00"),
        ("0x01, 0x2c, 0X00", b"\x01\x2c\x00"),
        ("01:2c:00\n", b"\x01\x2c\x00"),
        ("０１ ２Ｃ", b"\x01\x2c"),
        ("ASwA", b"\x01\x2c\x00"),
        ("ASwA\n", b"\x01\x2c\x00"),
        ("_-8=", b"\xff\xef"),
        ("ABCD", b"\xab\xcd"),
    ],
)
def test_a_payload_may_be_typed_as_people_have_it(text: str, expected: bytes) -> None:
    assert payload_of(text) == expected


@pytest.mark.parametrize("text", ["012", "0x1", "水位", "ASwA!", "a", "01" * (PAYLOAD_MOST + 1)])
def test_what_is_no_payload_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValidationError):
        payload_of(text)


def test_differences_are_told_by_their_place() -> None:
    expected = {"data": {"level": 1, "list": [1, {"a": "x"}], "gone": None, "on": True}}
    got = {"data": {"level": 1.0, "list": [1, {"a": "y"}, 3], "new": 5, "on": 1}}
    found = [
        (one.path, one.expected, one.got, one.missing, one.surplus) for one in differences(expected, got)
    ]
    assert found == [
        ("data.list[1].a", "x", "y", False, False),
        ("data.list[2]", None, 3, False, True),
        ("data.gone", None, None, True, False),
        ("data.on", True, 1, False, False),
        ("data.new", None, 5, False, True),
    ]
    assert differences({"v": 0.1 + 0.2}, {"v": 0.3}) == []
    assert len(differences(list(range(99)), [])) == 20


def test_a_script_is_kept_with_plain_line_ends() -> None:
    assert clean_script("a\r\nb\rc") == "a\nb\nc"
    for text in ("", " \n", "a\x00", "x" * 40961):
        with pytest.raises(ValidationError):
            clean_script(text)
