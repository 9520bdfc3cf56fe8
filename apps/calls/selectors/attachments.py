"""The files of an application and the one door to each."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext as _

from apps.calls.models import Application, Attachment
from apps.calls.selectors.applications import access_application
from apps.core.errors import NotFound

#: Files an application may have; each 20 MB at most (``core.documents``).
MOST_FILES = 5


def attachments_of(application: Application) -> list[Attachment]:
    """Its files, in the order in which they came."""
    return list(Attachment.objects.filter(application=application).order_by("created_at", "pk"))


def attachment_facts(application: Application) -> list[dict[str, Any]]:
    """What a revision keeps of the files: ``[{"name", "size" (bytes), "sha256"}]``."""
    return [{"name": row.name, "size": row.size, "sha256": row.sha256} for row in attachments_of(application)]


def access_attachment(*, actor: Any, code: str, pk: uuid.UUID, write: bool = False) -> Attachment:
    """A file of the application ``code``. ``NotFound`` for strangers and for files of others."""
    application = access_application(actor=actor, code=code, write=write)
    attachment = Attachment.objects.filter(application=application, pk=pk).first()
    if attachment is None:
        raise NotFound(_("There is no such file."))
    attachment.application = application
    return attachment
