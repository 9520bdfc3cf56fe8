from __future__ import annotations

import pytest

from apps.core.text import clean_code, clean_line, clean_text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  用水路\r\n水位\r ", "用水路\n水位"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("\ufeffぜ\u3099んかく\u200b", "ぜ\u3099んかく"),
        ("か\u3099", "が"),
        ("ＡＢＣ ①", "ＡＢＣ ①"),
        ("𠮷野家 髙橋 👩‍🔬", "𠮷野家 髙橋 👩‍🔬"),
        ("a\x00b\x1bc\td", "abc\td"),
        ("x\ud800y\u061cz", "xyz"),
        ("a\u2028b\u2029c", "a\nb\nc"),
    ],
)
def test_clean_text(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept


def test_clean_line_has_one_line() -> None:
    assert clean_line(" a\n\n b\u3000c\t d ") == "a b c d"


def test_clean_code_is_comparable() -> None:
    assert clean_code(" ７０ｂ３-Ｄ５：７ｅ ") == "70b3D57e"
