"""A file as a reviewer gets it: cleaned once more, whatever was known of cleaning when it came."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.calls.models import Attachment
from apps.core.documents import document_clean
from apps.core.errors import Conflict, NotFound


def review_file(attachment: Attachment) -> tuple[bytes, str]:
    """Its content (20 MB at most) without metadata, and its type.

    What is written or drawn in it is not changed. Raises ``NotFound`` when it is not kept any more and
    ``Conflict`` when it cannot be cleaned now.
    """
    try:
        with attachment.file.open("rb") as source:
            clean = document_clean(source, "file")
    except OSError as error:
        raise NotFound(_("This file is not there. Please tell the city.")) from error
    except ValidationError as error:
        raise Conflict(_("This file cannot be given out now. Please try again in a minute.")) from error
    with clean.content as content:
        return content.read(), clean.content_type
