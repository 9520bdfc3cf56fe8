from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("0", False), ("", False)])
def test_bool_is_0_or_1(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("MACHITRY_X", raw)
    assert env.env_bool("MACHITRY_X") is value


@pytest.mark.parametrize("raw", ["true", "True", "yes", "2", " 1", "o"])
def test_bool_refuses_all_else_by_name(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("MACHITRY_X", raw)
    with pytest.raises(ImproperlyConfigured, match="MACHITRY_X must be 0 or 1"):
        env.env_bool("MACHITRY_X")


@pytest.mark.parametrize("raw", ["ten", "1.5", "1e3", "0x10", "-1"])
def test_int_refuses_what_is_no_whole_number_or_too_small(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("MACHITRY_X", raw)
    with pytest.raises(ImproperlyConfigured, match="MACHITRY_X must be"):
        env.env_int("MACHITRY_X", 5)


def test_int_default_and_value(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.env_int("MACHITRY_X", 5) == 5
    monkeypatch.setenv("MACHITRY_X", "7")
    assert env.env_int("MACHITRY_X", 5) == 7


def test_list_drops_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACHITRY_X", "a, b ,,c")
    assert env.env_list("MACHITRY_X") == ["a", "b", "c"]


def test_secret_from_a_file_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("  deep\n", encoding="utf-8")
    monkeypatch.setenv("MACHITRY_X", "shallow")
    monkeypatch.setenv("MACHITRY_X_FILE", str(tmp_path / "secret"))
    assert env.env_secret("MACHITRY_X") == "deep"


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe\x00"])
def test_secret_file_that_says_nothing_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv("MACHITRY_X_FILE", str(tmp_path / "secret"))
    with pytest.raises(ImproperlyConfigured, match="MACHITRY_X"):
        env.env_secret("MACHITRY_X")


def test_missing_secret_file_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACHITRY_X_FILE", "/nowhere/secret")
    with pytest.raises(ImproperlyConfigured, match="MACHITRY_X_FILE cannot be read"):
        env.env_secret("MACHITRY_X")


def test_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="MACHITRY_X is not set"):
        env.env_secret("MACHITRY_X")


def test_env_file_does_not_override(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "env").write_text(
        "# note\nexport MACHITRY_A='one'\nMACHITRY_B=two\nnonsense\n", encoding="utf-8"
    )
    monkeypatch.setenv("MACHITRY_B", "mine")
    monkeypatch.setenv("MACHITRY_A", "")
    monkeypatch.delenv("MACHITRY_A")
    env.load_env_file(tmp_path / "env")
    assert (env.env_str("MACHITRY_A"), env.env_str("MACHITRY_B")) == ("one", "mine")
    env.load_env_file(tmp_path / "missing")


def test_database_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACHITRY_X", "postgresql://u%40x:p%2Fw@db:5433/machi?host=/run/pg")
    entry = env.database("MACHITRY_X")
    assert [entry[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "machi",
        "u@x",
        "p/w",
        "/run/pg",
        "5433",
    ]


@pytest.mark.parametrize(
    "address", ["sqlite:///x.db", "postgresql://u:secret@db:port/x", "postgresql://[::1/x"]
)
def test_bad_database_address_never_repeats_the_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("MACHITRY_X", address)
    with pytest.raises(ImproperlyConfigured, match="MACHITRY_X") as caught:
        env.database("MACHITRY_X")
    assert "secret" not in str(caught.value)


def test_mail_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACHITRY_X", "smtp://me:pw@mail.example:587?tls=1")
    options = env.email("MACHITRY_X")["options"]
    assert (options["host"], options["port"], options["use_tls"], options["use_ssl"]) == (
        "mail.example",
        587,
        True,
        False,
    )
    monkeypatch.setenv("MACHITRY_X", "smtps://mail.example")
    assert env.email("MACHITRY_X")["options"]["port"] == 465
    monkeypatch.setenv("MACHITRY_X", "http://mail.example")
    with pytest.raises(ImproperlyConfigured, match="must begin with"):
        env.email("MACHITRY_X")
