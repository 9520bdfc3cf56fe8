"""Files of an application in the browser: chosen, refused beside the field, served, removed."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.calls.models import Application, Attachment
from apps.core.documents import MAX_BYTES
from tests.cast import Cast
from tests.factories import files
from tests.factories.calls import SubmittedFactory

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, application: Application, *chosen: tuple[str, bytes]) -> Any:
    sent = [SimpleUploadedFile(name, raw, "application/pdf") for name, raw in chosen]
    return client.post(reverse("calls:attachments", args=[application.code]), {"chosen": sent})


def test_good_files_stay_when_others_are_refused(draft: Application, cast: Cast) -> None:
    client = signed_in(cast.owner)
    answer = upload(
        client,
        draft,
        ("計画.pdf", files.plain_pdf()),
        ("<b>.pdf", b"MZ program"),
        ("秘密.pdf", files.encrypted_pdf()),
        ("空.pdf", b""),
        ("現場.jpg", files.gps_jpeg()),
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert list(Attachment.objects.values_list("name", flat=True)) == ["計画.pdf", "現場.jpg"]
    assert "&lt;b&gt;.pdf" in page
    assert page.count("秘密.pdf") >= 2  # in the summary and beside the field
    assert "計画.pdf" in page
    assert upload(client, draft, ("図.pdf", files.plain_pdf(2))).status_code == 302


def test_no_file_chosen(draft: Application, cast: Cast) -> None:
    client = signed_in(cast.owner)
    address = reverse("calls:attachments", args=[draft.code])
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"chosen": "text"}).status_code == 422


def test_twenty_megabytes_and_a_byte_are_refused_in_words(draft: Application, cast: Cast) -> None:
    client = signed_in(cast.owner)
    answer = upload(client, draft, ("大.pdf", b"%PDF-1.7\n" + b"\0" * (MAX_BYTES - 8)))
    assert answer.status_code == 422
    assert "20 MB" in answer.content.decode()
    huge = upload(client, draft, ("大.pdf", b"%PDF-1.7\n" + b"\0" * (2 * MAX_BYTES)))
    assert huge.status_code == 422


def test_the_file_is_served_to_be_saved(draft: Application, cast: Cast) -> None:
    client = signed_in(cast.owner)
    upload(client, draft, ('図"面;\r\n.pdf', files.plain_pdf()))
    row = Attachment.objects.get()
    answer = client.get(reverse("calls:attachment", args=[draft.code, row.pk]))
    assert b"".join(answer.streaming_content)[:5] == b"%PDF-"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/pdf"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    row.file.storage.delete(str(row.file.name))
    assert client.get(reverse("calls:attachment", args=[draft.code, row.pk])).status_code == 404


def test_a_stranger_learns_nothing(draft: Application, cast: Cast) -> None:
    upload(signed_in(cast.owner), draft, ("計画.pdf", files.plain_pdf()))
    row = Attachment.objects.get()
    for person in (cast.stranger, cast.reviewer, cast.staff):
        client = signed_in(person)
        assert client.get(reverse("calls:attachment", args=[draft.code, row.pk])).status_code == 404
        assert client.get(reverse("calls:attachments", args=[draft.code])).status_code == 404
        assert upload(client, draft, ("b.pdf", files.plain_pdf())).status_code == 404
        remove = reverse("calls:attachment-remove", args=[draft.code, row.pk])
        assert client.post(remove).status_code == 404
    assert Attachment.objects.count() == 1


def test_staff_see_each_file_once(draft: Application, cast: Cast) -> None:
    upload(signed_in(cast.owner), draft, ("計画.pdf", files.plain_pdf()))
    sent = SubmittedFactory.create(created_by=cast.owner)
    Attachment.objects.update(application=sent)
    address = reverse("admin:calls_application_change", args=[sent.pk])
    page = signed_in(cast.staff).get(address).content.decode()
    assert page.count("<h2>ファイル</h2>") == 1


def test_a_file_belongs_to_its_application(draft: Application, cast: Cast) -> None:
    client = signed_in(cast.owner)
    assert client.get(reverse("calls:attachment", args=[draft.code, uuid.uuid4()])).status_code == 404
    assert client.get("/applications/2026-999/files/").status_code == 404


def test_it_is_removed_by_a_button(draft: Application, cast: Cast) -> None:
    client = signed_in(cast.owner)
    upload(client, draft, ("計画.pdf", files.plain_pdf()))
    row = Attachment.objects.get()
    client.post(reverse("calls:attachment-remove", args=[draft.code, row.pk]))
    assert not Attachment.objects.exists()


def test_the_safety_screen_saves_before_it_leads_to_the_files(draft: Application, cast: Cast) -> None:
    client = signed_in(cast.owner)
    screen = reverse("calls:application-question", args=[draft.code, "safety"])
    assert 'value="files"' in client.get(screen).content.decode()
    type(draft).objects.filter(pk=draft.pk).update(personal_data="")
    stored = {"conformity": draft.conformity, "sharing": draft.sharing}
    answer = client.post(screen, {**stored, "personal_data": "yes", "then": "files"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("calls:attachments", args=[draft.code])
    draft.refresh_from_db()
    assert draft.personal_data == "yes"
