"""Files of an application: added one by one, cleaned before they are stored, counted under its lock."""

from __future__ import annotations

from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.application import application_lock, writable
from apps.calls.domain.revision import revision_add
from apps.calls.enums import EDITABLE_STATES
from apps.calls.models import Application, Attachment
from apps.calls.permissions import may_lead
from apps.calls.selectors.applications import is_correctable
from apps.calls.selectors.attachments import MOST_FILES
from apps.core import clock
from apps.core.documents import CleanDocument, document_clean
from apps.core.errors import Conflict, DomainError, InvalidInput, NotAllowed

if TYPE_CHECKING:
    from apps.accounts.models import User


def may_attach(application: Application, actor: Any, now: datetime | None = None) -> bool:
    """Whether files may be added and removed now."""
    try:
        _changeable(application, actor, now or clock.now())
    except DomainError:
        return False
    return True


def _is_correction(row: Application, now: datetime) -> bool:
    """It was handed in and is corrected in place: a change of its files is handed in at once."""
    return row.state not in EDITABLE_STATES and is_correctable(row, now)


def _changeable(row: Application, actor: Any, now: datetime) -> None:
    if not _is_correction(row, now):
        writable(row, actor)
    elif not may_lead(actor, row):
        raise NotAllowed(_("Only the lead applicant can do this."))


def attachment_add(
    *,
    application: Application,
    actor: User,
    file: IO[bytes] | File[bytes],
    name: str,
    now: datetime | None = None,
) -> Attachment:
    """Clean ``file`` and store it. The same file under the same name again is the one that is there.

    Raises ``InvalidInput`` in words that say how to mend the file, ``Conflict`` (``code="too_many"``
    or ``"state"``) and ``NotAllowed``. Cleaning takes seconds and holds no lock.
    """
    now = now or clock.now()
    _changeable(application, actor, now)
    _check_room(application)
    try:
        document = document_clean(file, name)
    except ValidationError as error:
        raise InvalidInput(error.messages[0], fields={"chosen": error.messages}) from error
    with document.content:
        return _keep(application=application, actor=actor, document=document, now=now)


def _check_room(application: Application) -> None:
    if Attachment.objects.filter(application=application).count() >= MOST_FILES:
        words = _("An application has at most %(most)d files. Please remove one first.")
        raise Conflict(words % {"most": MOST_FILES}, code="too_many")


@transaction.atomic
def _keep(*, application: Application, actor: User, document: CleanDocument, now: datetime) -> Attachment:
    row = application_lock(application)
    _changeable(row, actor, now)
    same = Attachment.objects.filter(application=row, sha256=document.sha256, name=document.name).first()
    if same is not None:
        return same
    _check_room(row)
    attachment = Attachment(
        application=row,
        uploaded_by=actor,
        name=document.name,
        kind=document.kind,
        content_type=document.content_type,
        size=document.size,
        sha256=document.sha256,
        file=document.content,
    )
    attachment.full_clean()
    attachment.save(force_insert=True)
    try:
        _record("application.attach", attachment, actor)
        _touch(row, actor, now)
    except BaseException:
        # The row is undone; its file must not stay behind.
        attachment.file.delete(save=False)
        raise
    return attachment


@transaction.atomic
def attachment_remove(*, attachment: Attachment, actor: User, now: datetime | None = None) -> None:
    """Remove a file; removing twice removes once. The record keeps its name and digest."""
    now = now or clock.now()
    row = application_lock(attachment.application)
    _changeable(row, actor, now)
    found = Attachment.objects.filter(pk=attachment.pk, application=row).first()
    if found is None:
        return
    _record("application.detach", found, actor)
    storage, stored = found.file.storage, str(found.file.name)
    found.delete()
    _touch(row, actor, now)
    transaction.on_commit(lambda: storage.delete(stored))


def _touch(row: Application, actor: User, now: datetime) -> None:
    """Raise the version; in what was handed in already, the change is its next revision."""
    row.version += 1
    row.updated_at = now
    if _is_correction(row, now):
        revision_add(row=row, actor=actor, now=now)
    row.save(update_fields=["version", "updated_at", "revision"])


def _record(action: str, attachment: Attachment, actor: User) -> None:
    application = attachment.application
    record(
        action=action,
        actor=actor,
        target=application,
        organization_id=application.organization_id,
        data={"file": attachment.name, "sha256": attachment.sha256, "size": attachment.size},
    )
