"""The QR text of a label (TR005)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from apps.devices.rules.tr005 import Label, label_checksum, read_label

#: The example of the standard, with its own checksum.
EXAMPLE = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR:CAF2C"


def test_label_of_the_standard_is_read() -> None:
    assert read_label(EXAMPLE) == Label("1122334455667788", "aabbccddeeff0011", "AABB1122", "YYWWNNNNNN")
    assert label_checksum(EXAMPLE.rpartition(":C")[0]) == "AF2C"


@pytest.mark.parametrize(
    "text",
    [
        "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122",
        "lw:d0:1122334455667788:aabbccddeeff0011:aabb1122",
        " ＬＷ：Ｄ０：1122334455667788：AABBCCDDEEFF0011：AABB1122\r\n",
        "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:PFOOBAR:XNEW:SYY:OAA",
        "LW:D0:1122334455667788:AABBCCDD\nEEFF0011:AABB1122",
    ],
)
def test_label_parts_may_come_in_any_order_and_any_writing(text: str) -> None:
    label = read_label(text)
    assert (label.join_eui, label.dev_eui, label.profile_id) == (
        "1122334455667788",
        "aabbccddeeff0011",
        "AABB1122",
    )
    assert label.serial_number in ("", "YY")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("https://example.com/?sn=1", "other"),
        ("URN:LW:DP:42FFEEDDCCBBAA99", "other"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011", "short"),
        ("LW:D1:1122334455667788:AABBCCDDEEFF0011:AABB1122", "schema"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF001:AABB1122", "short"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF00GG:AABB1122", "hex"),
        ("LW:D0:1122334455667788:0000000000000000:AABB1122", "zeros"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB11", "profile"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:SA:SB", "twice"),
        (EXAMPLE.replace("YYWW", "YYWV"), "checksum"),
        (EXAMPLE[:-1], "checksum"),
        ("LW:" * 5000, "schema"),
    ],
)
def test_label_that_cannot_be_read_is_refused_in_words(text: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_label(text)
    assert refusal.value.code == code
    assert refusal.value.messages[0]
