"""Dead letters as keys of the API see them: those of the organization's devices."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.telemetry.models import DeadLetter
from apps.telemetry.selectors.dead_letters import letters_of

if TYPE_CHECKING:
    from apps.apikeys.models import ApiKey


def letters_by_key(key: ApiKey | Any) -> QuerySet[DeadLetter]:
    """Messages of the organization's devices that could not be stored. None for a key limited to trials:
    nobody can tell in which trial such a message came."""
    if key.organization is None or key.trials.exists():
        return DeadLetter.objects.none()
    return letters_of(key.organization)


def access_letter_by_key(*, key: ApiKey | Any, pk: uuid.UUID) -> DeadLetter:
    """One of them; every other is ``NotFound``."""
    letter = letters_by_key(key).filter(pk=pk).first()
    if letter is None:
        raise NotFound(_("There is no such message."))
    return letter
