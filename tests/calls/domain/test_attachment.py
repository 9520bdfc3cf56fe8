"""Files of an application: five at most however they come, by whom, when, and what the record says."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from apps.audit.models import AuditEntry
from apps.calls.domain.attachment import attachment_add, attachment_remove, may_attach
from apps.calls.domain.revision import revision_add
from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Attachment
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from tests.calls.domain.test_races import at_once
from tests.cast import Cast
from tests.factories import files
from tests.factories.calls import ApplicationFactory, SubmittedFactory
from tests.factories.people import UserFactory


def add(application: Application, actor: Any, raw: bytes | None = None, name: str = "図.pdf") -> Attachment:
    content = io.BytesIO(raw if raw is not None else files.plain_pdf())
    return attachment_add(application=application, actor=actor, file=content, name=name)


@pytest.mark.django_db
def test_a_file_is_cleaned_stored_under_a_random_name_and_recorded(draft: Application, cast: Cast) -> None:
    before = draft.version
    row = add(draft, cast.owner, files.gps_jpeg(), "C:\\現場.jpg")
    assert (row.name, row.kind, row.content_type) == ("現場.jpg", "image", "image/jpeg")
    assert "現場" not in str(row.file.name)
    with row.file.open() as stored:
        content = stored.read()
    assert (len(content), b"Hana" in content) == (row.size, False)
    entry = AuditEntry.objects.get(action="application.attach")
    assert entry.data == {"file": "現場.jpg", "sha256": row.sha256, "size": row.size}
    draft.refresh_from_db()
    assert draft.version == before + 1


@pytest.mark.django_db
def test_the_same_file_twice_is_one(draft: Application, cast: Cast) -> None:
    assert add(draft, cast.owner) == add(draft, cast.owner)
    assert add(draft, cast.owner, name="別.pdf") != add(draft, cast.owner)
    assert Attachment.objects.count() == 2


@pytest.mark.django_db
def test_a_bad_file_is_refused_beside_its_field(draft: Application, cast: Cast) -> None:
    with pytest.raises(InvalidInput) as caught:
        add(draft, cast.owner, b"MZ program", "計画.pdf")
    assert list(caught.value.fields) == ["chosen"]
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_who_may_and_when(draft: Application, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        add(draft, cast.stranger)
    submitted = SubmittedFactory.create(created_by=cast.owner)
    Application.objects.filter(pk=submitted.pk).update(state=ApplicationState.WITHDRAWN)
    submitted.refresh_from_db()
    assert not may_attach(submitted, cast.owner)
    with pytest.raises(Conflict):
        add(submitted, cast.owner)
    Application.objects.filter(pk=submitted.pk).update(state=ApplicationState.RETURNED)
    submitted.refresh_from_db()
    assert add(submitted, cast.owner)


@pytest.mark.django_db(transaction=True)
def test_removing_takes_the_file_away_and_keeps_the_record() -> None:
    person = UserFactory.create()
    draft = ApplicationFactory.create(created_by=person)
    row = add(draft, person)
    stored = str(row.file.name)
    with transaction.atomic():
        attachment_remove(attachment=row, actor=person)
        transaction.set_rollback(True)
    assert default_storage.exists(stored)
    attachment_remove(attachment=row, actor=person)
    attachment_remove(attachment=row, actor=person)
    assert not default_storage.exists(stored)
    assert not Attachment.objects.exists()
    assert AuditEntry.objects.filter(action="application.detach").count() == 1


@pytest.mark.django_db
def test_a_revision_remembers_the_files(draft: Application, cast: Cast) -> None:
    row = add(draft, cast.owner)
    kept = revision_add(row=draft, actor=cast.owner, now=clock.now())
    attachment_remove(attachment=row, actor=cast.owner)
    assert kept.answers["attachments"] == [{"name": "図.pdf", "size": row.size, "sha256": row.sha256}]


@pytest.mark.django_db(transaction=True)
def test_ten_uploads_at_once_give_five_attachments() -> None:
    person = UserFactory.create()
    draft = ApplicationFactory.create(created_by=person)

    def one(number: int) -> Callable[[], Attachment]:
        return lambda: add(draft, person, files.plain_pdf(number + 1), f"図{number}.pdf")

    results = at_once([one(number) for number in range(10)])
    assert sorted(type(item).__name__ for item in results) == ["Attachment"] * 5 + ["Conflict"] * 5
    kept = {str(item.file.name) for item in results if isinstance(item, Attachment)}
    assert len(kept) == 5
    assert all(default_storage.exists(name) for name in kept)


@pytest.mark.django_db
def test_in_what_was_handed_in_a_change_is_the_next_revision(cast: Cast) -> None:
    submitted = SubmittedFactory.create(created_by=cast.owner)
    assert may_attach(submitted, cast.owner)
    assert not may_attach(submitted, cast.stranger)
    row = add(submitted, cast.owner)
    revisions = list(submitted.revisions.order_by("number"))
    assert [len(revision.answers["attachments"]) for revision in revisions] == [0, 1]
    attachment_remove(attachment=row, actor=cast.owner)
    assert submitted.revisions.count() == 3
    submitted.refresh_from_db()
    assert submitted.revision == 3
    late = submitted.call.last_moment
    with pytest.raises(Conflict):
        attachment_add(
            application=submitted,
            actor=cast.owner,
            file=io.BytesIO(files.plain_pdf()),
            name="a.pdf",
            now=late,
        )
