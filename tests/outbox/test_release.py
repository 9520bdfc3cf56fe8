"""Staff release, discard, send again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core.errors import Conflict
from apps.core.registry import work_queue
from apps.outbox.domain import batch_discard, batch_release, message_discard, message_send_again
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from apps.outbox.selectors import held_batch
from tests.cast import Cast

BATCH = "decisions-2026"


def make(number: int = 0, **values: Any) -> Message:
    row = {
        "state": MessageState.HELD,
        "to_email": f"person{number}@example.jp",
        "template": "t",
        "subject": f"結果 {number}",
        "body": "本文\n二行目",
        "batch": BATCH,
    }
    return Message.objects.create(**{**row, **values})


@pytest.fixture
def held(cast: Cast) -> list[Message]:
    return [make(number) for number in range(2)]


@pytest.fixture
def staff(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.staff)
    return client


def states() -> list[str]:
    return list(Message.objects.order_by("to_email").values_list("state", flat=True))


def test_a_release_sends_what_is_held_once(held: list[Message], cast: Cast) -> None:
    make(2, batch="other")
    assert batch_release(batch=BATCH, actor=cast.staff, expected=2) == 2
    assert states() == ["queued", "queued", "held"]
    assert batch_release(batch=BATCH, actor=cast.staff) == 0
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.data) == ("outbox.release", {"batch": BATCH, "mails": 2})


def test_another_number_than_was_shown_is_refused(held: list[Message], cast: Cast) -> None:
    make(2)
    for act in (batch_release, batch_discard):
        with pytest.raises(Conflict):
            act(batch=BATCH, actor=cast.staff, expected=2)
    assert states() == ["held"] * 3


def test_no_batch_means_nobody(cast: Cast) -> None:
    make(batch="")
    assert batch_release(batch="", actor=cast.staff) == 0
    assert states() == ["held"]


def test_discarded_mails_are_never_sent(held: list[Message], cast: Cast) -> None:
    message_discard(message=held[0], actor=cast.staff)
    assert states() == ["discarded", "held"]
    assert batch_discard(batch=BATCH, actor=cast.staff, expected=1) == 1
    with pytest.raises(Conflict):
        message_discard(message=held[0], actor=cast.staff)


def test_a_failed_mail_is_sent_again_but_not_a_code(cast: Cast) -> None:
    failed, secret = make(0, state="failed", attempts=12), make(1, state="failed", secret=True)
    message_send_again(message=failed, actor=cast.staff)
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("queued", 0)
    with pytest.raises(Conflict):
        message_send_again(message=secret, actor=cast.staff)


def test_the_page_before_release_shows_how_many_what_and_to_whom(held: list[Message], staff: Client) -> None:
    page = staff.get(reverse("admin:outbox_message_batch"), {"batch": BATCH}).content.decode()
    assert "送る前のメールが2通" in page
    for message in held:
        assert message.to_email in page
        assert message.subject in page
    assert "本文<br>二行目" in page
    assert "メール2通を送る" in page
    assert "送ると取り消せません" in page
    assert release(staff, "2").status_code == 302
    assert states() == ["queued", "queued"]
    # Pressed twice: nothing more leaves, and it says so.
    again = release(staff, "2", follow=True)
    assert "新しくは1通も送っていません" in again.content.decode()
    assert AuditEntry.objects.filter(action="outbox.release").count() == 1


def release(client: Client, count: str, seen: str | None = None, **more: Any) -> Any:
    digest = held_batch(BATCH).digest if seen is None else seen
    values = {"batch": BATCH, "count": count, "seen": digest}
    return client.post(reverse("admin:outbox_message_release"), values, **more)


def test_other_words_than_were_shown_are_not_sent(held: list[Message], staff: Client) -> None:
    seen = held_batch(BATCH).digest
    Message.objects.filter(pk=held[0].pk).update(body="別の本文")
    release(staff, "2", seen)
    release(staff, "2", "")
    assert states() == ["held", "held"]


def test_the_page_groups_by_kind_and_language(held: list[Message], staff: Client) -> None:
    make(2, template="calls-decision-adopted", language="en", subject="Application 2026-015 is adopted")
    make(3, template="calls-decision-adopted")
    make(4, template="calls-decision-waitlist")
    batch = held_batch(BATCH)
    assert [(kind.label, kind.language, kind.count) for kind in batch.kinds] == [
        ("採択", "日本語", 1),
        ("採択", "英語", 1),
        ("補欠", "日本語", 1),
        ("結果 0", "日本語", 2),
    ]
    page = staff.get(reverse("admin:outbox_message_batch"), {"batch": BATCH}).content.decode()
    assert "採択（日本語）：1通" in page
    assert "メール5通を送る" in page
    text = re.sub(r"<[^>]+>", "", page[page.index("<h1") :])
    assert not re.search(r"[ぁ-んァ-ヶ一-龠]\s*[:;,]\s", text)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_batch_asks_the_same_number_of_queries(rows: int, staff: Client) -> None:
    for number in range(rows):
        make(number)
    page = reverse("admin:outbox_message_batch")
    staff.get(page, {"batch": BATCH})
    with CaptureQueriesContext(connection) as asked:
        staff.get(page, {"batch": BATCH})
    assert len(asked) == 3


def test_an_empty_batch_offers_nothing_to_send(staff: Client) -> None:
    page = staff.get(reverse("admin:outbox_message_batch"), {"batch": "unknown"}).content.decode()
    assert "送る前のメールはありません" in page
    assert reverse("admin:outbox_message_release") not in page


@pytest.mark.parametrize("count", ["", "x", "-1", "9" * 30, "３"])
def test_odd_counts_release_nothing(held: list[Message], staff: Client, count: str) -> None:
    release(staff, count)
    assert states() == ["held", "held"]


def test_others_than_staff_release_nothing(held: list[Message], cast: Cast) -> None:
    pages = [reverse(f"admin:outbox_message_{name}") for name in ("batch", "release", "discard_all")]
    for actor in (cast.owner, cast.reviewer):
        client = Client()
        client.force_login(actor)
        assert {client.post(url, {"batch": BATCH, "count": "2"}).status_code for url in pages} <= {
            302,
            403,
            405,
        }
    assert states() == ["held", "held"]


def test_staff_without_the_right_to_mails_see_none(held: list[Message], cast: Cast) -> None:
    cast.staff.is_superuser = False
    cast.staff.save()
    client = Client()
    client.force_login(cast.staff)
    assert client.get(reverse("admin:outbox_message_batch"), {"batch": BATCH}).status_code == 404
    assert (
        client.post(reverse("admin:outbox_message_release"), {"batch": BATCH, "count": "2"}).status_code
        == 404
    )
    assert [item for item in work_queue(cast.staff) if item.mail_count] == []


def test_one_mail_shows_what_is_sent_and_hides_codes(staff: Client, cast: Cast) -> None:
    plain, secret = make(0, state="failed"), make(1, state="queued", secret=True, body="123456")
    page = staff.get(reverse("admin:outbox_message_change", args=[plain.pk])).content.decode()
    assert "本文<br>二行目" in page
    assert (
        "123456" not in staff.get(reverse("admin:outbox_message_change", args=[secret.pk])).content.decode()
    )
    staff.post(reverse("admin:outbox_message_again", args=[plain.pk]))
    assert states() == ["queued", "queued"]


def test_what_waits_is_on_the_first_page_of_staff(held: list[Message], cast: Cast, staff: Client) -> None:
    make(3, state="failed", batch="")
    make(4, state="queued", batch="", last_error="ConnectionRefusedError")
    items = [item for item in work_queue(cast.staff) if "メール" in str(item.title)]
    assert [(item.title, item.mail_count) for item in items] == [
        ("送る前のメールが2通あります", 2),
        ("メールサーバーを待っているメールが1通あります", 0),
        ("送れなかったメールが1通あります", 0),
    ]
    assert items[0].url.endswith(f"?batch={BATCH}")
    assert staff.get("/admin/").status_code == 200
    page = staff.get(reverse("admin:outbox_message_changelist")).content.decode()
    assert "メールサーバーが受け付けないため" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_queries(rows: int, staff: Client) -> None:
    for number in range(rows):
        make(number, created_at="2026-01-01")
    staff.get(reverse("admin:outbox_message_changelist"))
    with CaptureQueriesContext(connection) as page:
        staff.get(reverse("admin:outbox_message_changelist"))
    assert len(page) == 10
