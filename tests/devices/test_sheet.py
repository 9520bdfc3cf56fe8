"""CSV files as spreadsheets write them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from apps.devices.rules import clean_app_key, clean_dev_eui, clean_join_eui
from apps.devices.rules.names import ModelNames
from apps.devices.rules.sheet import clean_degrees, clean_identifier, read_sheet, with_label

KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
HEAD = "名前,DevEUI,JoinEUI,AppKey"
LINE = f"WL-01,70B3D57ED0060001,0000000000000000,{KEY}"


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}\n{LINE}\n".encode(),
        f"\ufeff{HEAD}\r\n{LINE}\r\n".encode(),
        f"{HEAD}\r\n{LINE}".encode("cp932"),
        f"{HEAD}\n{LINE}".replace(",", "\t").encode("utf-16"),
        f"{HEAD}\n{LINE}".replace(",", ";").encode(),
        f"{HEAD}\r{LINE}\r".encode(),
        f"\n{HEAD},,\n,,,,,\n{LINE},,\n".encode(),
        f"Name, Dev EUI ,AppEUI,app_key\n{LINE}\n".encode(),
        f"DevEUI,名前,備考,ＡｐｐＫｅｙ,JoinEUI\n70B3D57ED0060001,'WL-01,x,{KEY},0".encode(),
        f'{HEAD}\n"WL-01","=""70B3D57ED0060001""",0,{KEY}\n'.encode(),
    ],
    ids=[
        "plain",
        "BOM",
        "Shift_JIS",
        "UTF-16",
        "semicolon",
        "CR",
        "empty lines",
        "English",
        "order",
        "formula",
    ],
)
def test_sheet_is_read_as_any_spreadsheet_writes_it(content: bytes) -> None:
    (row,) = read_sheet(content)
    assert row.values["name"] == "WL-01"
    assert row.values["dev_eui"] == "70B3D57ED0060001"
    assert row.values["app_key"] == KEY
    assert clean_identifier("join_eui", row.values["join_eui"], clean_join_eui) == "0" * 16


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (HEAD.encode(), "no_rows"),
        (f"{HEAD}\n見本,01-23-45-67-89-AB-CD-EF,0,x".encode(), "no_rows"),
        (LINE.encode(), "columns"),
        (f"{HEAD},DevEUI\n{LINE},1".encode(), "twice"),
        (b"PK\x03\x04rest", "xlsx"),
        (b"\x00\xff\xfe\x81", "characters"),
        (b"\x89PNG\r\n\x1a\n\x00", "characters"),
        (f"{HEAD}\n".encode() + b"x,1,1,1\n" * 501, "rows"),
        (b"x" * (500 * 1024 + 1), "size"),
    ],
)
def test_sheet_that_is_none_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_sheet(content)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "text",
    ["70B3D57ED0060001", "70-B3-D5-7E-D0-06-00-01", "70:b3:d5:7e:d0:06:00:01", "７０Ｂ３ d57e d006 0001"],
)
def test_sheet_identifier_may_be_written_in_any_way(text: str) -> None:
    assert clean_identifier("dev_eui", text, clean_dev_eui) == "70b3d57ed0060001"


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        ("dev_eui", "1.23E+15", "rounded"),
        ("dev_eui", "７．０７６Ｅ＋１５", "rounded"),
        ("dev_eui", "7E+15", "rounded"),
        ("app_key", "1.23457E+31", "rounded"),
        ("dev_eui", "", "empty"),
        ("dev_eui", "70B3D57ED006000", "short"),
        ("dev_eui", "0", "short"),
    ],
)
def test_sheet_tells_what_the_spreadsheet_did(code: str, text: str, reason: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_identifier(code, text, clean_app_key if code == "app_key" else clean_dev_eui)
    assert refusal.value.error_list[0].code == reason
    if code == "app_key":
        assert "1.23457" not in str(refusal.value.messages)


def test_sheet_tells_of_zeros_that_are_gone() -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_identifier("dev_eui", "123456789012", clean_dev_eui)
    assert [error.code for error in refusal.value.error_list] == ["short", "zeros_lost"]
    assert clean_identifier("dev_eui", "7E10000000000015", clean_dev_eui) == "7e10000000000015"


def test_sheet_takes_a_qr_text_for_its_identifiers() -> None:
    qr = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:S77"
    found = with_label({"name": "a", "qr": qr, "serial_number": "own"})
    assert (found["dev_eui"], found["join_eui"]) == ("aabbccddeeff0011", "1122334455667788")
    assert (found["profile_id"], found["serial_number"]) == ("AABB1122", "own")


def test_sheet_places_have_both_or_neither() -> None:
    assert clean_degrees({"latitude": "３６.7", "longitude": "137.2"}) == (36.7, 137.2, {})
    assert clean_degrees({})[:2] == (None, None)
    assert list(clean_degrees({"latitude": "36.7"})[2]) == ["longitude"]
    assert list(clean_degrees({"latitude": "36,7", "longitude": "1e5"})[2]) == ["latitude", "longitude"]


def test_sheet_finds_models_as_people_write_them() -> None:
    first, second = (
        (1, "みほん電機", "WL-2", "1.0.3", ("AABB1122",), False),
        (2, "よそ", "X", "1.1", (), False),
    )
    names = ModelNames([first, second])  # type: ignore[list-item]
    assert [names.find(text).pk for text in ("みほん電機 WL-2", "ｗｌ２", "みほん電機WL2")] == [1, 1, 1]  # type: ignore[union-attr]
    assert names.find("WL-3") is None
    assert names.near("みほん電気 WL-2") == "みほん電機 WL-2"
    assert names.of_label("AABB1122").version == "1.0.3"  # type: ignore[union-attr]
    assert names.of_label("00000000") is None
    own = (3, "自社", "WL-2", "1.0.3", ("AABB1122",), True)
    names = ModelNames([own, first, second])  # type: ignore[list-item]
    assert [found.pk for text in ("WL-2", "みほん電機 WL-2") if (found := names.find(text))] == [3, 1]
    assert names.of_label("AABB1122").pk == 3  # type: ignore[union-attr]
