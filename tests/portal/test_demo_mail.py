from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend
from django.test import Client

from apps.portal.selectors import sent_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.OUTBOX_TRANSPORT = {"backend": "", "options": {"file_path": str(tmp_path / "mail")}}
    return tmp_path / "mail"


def deliver(folder: Path, to: str, subject: str, text: str) -> None:
    EmailBackend(file_path=str(folder)).send_messages([EmailMessage(subject, text, "a@example.jp", [to])])


def test_an_empty_box_says_what_to_do(client: Client, folder: Path) -> None:
    assert "まだメールはありません" in client.get("/demo/mail/").content.decode()


def test_the_newest_stands_first_decoded_and_as_text(client: Client, folder: Path) -> None:
    deliver(folder, "haru@demo.example", "ログインの番号", "番号は\n\n123-456\n\n<script>x</script>")
    deliver(folder, "staff@demo.example", "あとのメール", "本文")
    text = client.get("/demo/mail/").content.decode()
    assert text.index("あとのメール") < text.index("ログインの番号")
    assert "123-456" in text
    assert "<script>x" not in text
    only = client.get("/demo/mail/?to=HARU@demo.example").content.decode()
    assert "123-456" in only
    assert "あとのメール" not in only


def test_outside_the_demo_it_does_not_exist(client: Client, folder: Path, settings: Any) -> None:
    settings.DEMO = False
    assert client.get("/demo/mail/").status_code == 404


def test_it_is_never_kept(client: Client, folder: Path) -> None:
    assert "no-store" in client.get("/demo/mail/")["Cache-Control"]


@pytest.mark.parametrize("zone", ["-0000", "+0000"])
def test_the_time_of_a_mail_is_known(zone: str) -> None:
    assert sent_at(f"Sat, 21 Nov 2026 06:33:08 {zone}").isoformat() == "2026-11-21T06:33:08+00:00"


def test_the_receiver_of_the_demo_takes_what_comes(client: Client) -> None:
    outside = Client(enforce_csrf_checks=True)
    assert outside.post("/demo/hook/", b"{}", content_type="application/json").status_code == 204
    assert client.get("/demo/hook/").status_code == 405
