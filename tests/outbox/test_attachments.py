"""Mails with attachments: made when the mail leaves, tried again, never a reason to lose a receipt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse

from apps.calls.domain import application_submit
from apps.calls.models import Application
from apps.core import clock
from apps.outbox.domain import message_queue, outbox_drain, register_attachment, registry
from apps.outbox.domain.enclosing import ATTEMPTS
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from tests.calls.conftest import PLEDGES
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, complete_answers
from tests.outbox.conftest import MailServer

pytestmark = pytest.mark.django_db
CONTEXT = {"code": "1", "minutes": 1, "site_name": "まちトライ", "city": "見本市", "department": "担当"}


class Builder:
    """Fails ``failures`` times, then makes a text."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.asked = failures, 0

    def __call__(self, args: dict[str, Any], language: str) -> tuple[bytes, str]:
        self.asked += 1
        if self.asked <= self.failures:
            raise RuntimeError("no paper")
        return f"{args['text']} {language}".encode(), "application/octet-stream"


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    monkeypatch.setattr(registry, "_builders", dict(registry._builders))
    made = Builder()
    register_attachment("tests.text", made)
    return made


def queue(**more: Any) -> Message:
    attachment = {"kind": "tests.text", "args": {"text": "写し"}, "name": "2026-015 写し.bin"}
    return message_queue(
        to="haru@example.jp",
        language="ja",
        template="accounts-code",
        context=CONTEXT,
        attachments=[attachment],
        **more,
    )


def test_it_is_made_when_the_mail_leaves(mail_server: MailServer, builder: Builder) -> None:
    message = queue()
    assert builder.asked == 0
    assert outbox_drain().sent == 1
    (taken,) = mail_server.taken
    (part,) = taken.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("2026-015 写し.bin", "写し ja".encode())
    assert taken.get_body().get_content().replace("\r\n", "\n") == message.body


def test_an_unknown_kind_is_refused_when_it_is_queued() -> None:
    with pytest.raises(LookupError):
        message_queue(
            to="a@example.jp",
            language="ja",
            template="accounts-code",
            context=CONTEXT,
            attachments=[{"kind": "tests.unknown", "args": {}, "name": "a"}],
        )


def test_a_failure_waits_and_is_tried_again(mail_server: MailServer, builder: Builder) -> None:
    builder.failures = 2
    message, now = queue(), clock.now()
    for turn in range(2):
        assert outbox_drain(now=now + timedelta(hours=turn)).sent == 0
        message.refresh_from_db()
        assert (message.state, message.attempts) == (MessageState.QUEUED, turn + 1)
        assert "no paper" in message.last_error
    assert outbox_drain(now=now + timedelta(hours=3)).sent == 1
    assert len(list(mail_server.taken[0].iter_attachments())) == 1


def test_after_the_last_attempt_the_mail_leaves_and_says_so(
    mail_server: MailServer, builder: Builder
) -> None:
    builder.failures = 1000
    message, now = queue(), clock.now()
    for turn in range(ATTEMPTS):
        outbox_drain(now=now + timedelta(hours=turn))
    (taken,) = mail_server.taken
    message.refresh_from_db()
    assert (message.state, builder.asked) == (MessageState.SENT, ATTEMPTS)
    assert list(taken.iter_attachments()) == []
    assert "2026-015 写し.bin" in taken.get_content()
    assert "no paper" in message.attachments[0]["left_out"]


def test_an_attachment_that_fails_holds_no_other_mail_up(mail_server: MailServer, builder: Builder) -> None:
    builder.failures = 1000
    queue()
    message_queue(to="b@example.jp", language="ja", template="accounts-code", context=CONTEXT)
    assert outbox_drain().sent == 1
    assert mail_server.taken[0]["To"] == "b@example.jp"


def staff_client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.staff)
    return client


def test_staff_see_and_open_it(builder: Builder, cast: Cast) -> None:
    message = queue(held=True, batch="b")
    client = staff_client(cast)
    address = reverse("admin:outbox_message_attachment", args=[message.pk, 0])
    assert address in client.get(reverse("admin:outbox_message_change", args=[message.pk])).content.decode()
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == "写し ja".encode()
    assert answer["Content-Disposition"].startswith("attachment;")
    assert client.get(reverse("admin:outbox_message_attachment", args=[message.pk, 1])).status_code == 404
    builder.failures = 1000
    assert client.get(address).status_code == 302


def test_the_receipt_brings_a_copy_of_every_answer(mail_server: MailServer, cast: Cast) -> None:
    answers = {
        **complete_answers(),
        "plan": "柵の前後に水位計を置き、髙﨑さんと𠮷田さんが比べます。🌊" + "長い文。" * 300,
    }
    draft: Application = ApplicationFactory.create(created_by=cast.owner, **answers)
    application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    assert outbox_drain().sent == 1
    (taken,) = mail_server.taken
    (part,) = taken.iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == (f"{draft.code}.pdf", "application/pdf")
    pages = pypdfium2.PdfDocument(part.get_content())
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    flat = "".join(text.split())
    for name in ("org_name", "org_kana", "corporate_number", "address", "representative", "contact_name"):
        assert "".join(str(answers[name]).split()) in flat
    for name in ("title", "need", "plan", "measure", "learning"):
        assert "".join(str(answers[name]).split())[:20] in flat
    assert flat.count("長い文。") >= 295  # the foot of a page divides some
    for word in (draft.code, "水位計WL-20", "婦中町の用水路", "髙﨑", "𠮷"):
        assert word in flat


def test_two_receipts_of_two_revisions(mail_server: MailServer, cast: Cast) -> None:
    draft = ApplicationFactory.create(created_by=cast.owner, **complete_answers())
    application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    (row,) = Message.objects.all()
    revision = draft.revisions.get()
    assert row.attachments == [
        {
            "kind": "calls.application-copy",
            "args": {"revision": str(revision.pk)},
            "name": f"{draft.code}.pdf",
        }
    ]
