from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from apps.core.validators import clean_corporate_number, clean_hex


@pytest.mark.parametrize("number", ["4011001098993", "7010705000725", "6120001039879", "2120901007402"])
def test_published_corporate_numbers_pass(number: str) -> None:
    assert clean_corporate_number(number) == number


def test_full_width_digits_spaces_and_hyphens_are_fine() -> None:
    assert clean_corporate_number(" ４-０１１０-０１０９-８９９３ ") == "4011001098993"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("401100109899", "length"),
        ("40110010989933", "length"),
        ("4011001098994", "check_digit"),
        ("401100109899X", "digits"),
        ("٤٠١١٠٠١٠٩٨٩٩٣", "digits"),
        ("", "digits"),
    ],
)
def test_wrong_corporate_number_is_refused(number: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_corporate_number(number)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("70b3d57ed006000", "short"), ("70b3d57ed00600011", "long"), ("70b3d57ed006000g", "hex")],
)
def test_wrong_hex_is_refused(text: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_hex(text, 16, "DevEUI")
    assert caught.value.code == code


def test_hex_is_lowered_and_freed_of_separators() -> None:
    assert clean_hex("70-B3-D5-7E:D0 06 00 01", 16, "DevEUI") == "70b3d57ed0060001"
