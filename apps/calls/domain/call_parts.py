"""Writes of what belongs to one call: criteria, its own questions, frequent questions, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.calls.domain.call import check_city
from apps.calls.enums import CallState
from apps.calls.models import Call, CallFile, CallQuestion
from apps.calls.models.parts import CallPart
from apps.calls.selectors.call_staff import answers_to
from apps.core import public_pages
from apps.core.errors import Conflict
from apps.core.text import clean_line, clean_text


@transaction.atomic
def call_parts_save(
    *, call: Call, actor: Any, saved: Sequence[CallPart] = (), deleted: Sequence[CallPart] = ()
) -> None:
    """Keep new and changed parts of ``call`` and take others away.

    A part that something rests on stays: ``Conflict`` says what. Raises ``ValidationError``.
    """
    check_city(actor)
    row = Call.objects.select_for_update().get(pk=call.pk)
    for part in deleted:
        _delete(part)
    for part in saved:
        _save(row, part)
    if not saved and not deleted:
        return
    parts = {
        "saved": [f"{part._meta.model_name}:{part.pk}" for part in saved],
        "deleted": [f"{part._meta.model_name}:{part}" for part in deleted],
    }
    record(action="call.parts", actor=actor, target=row, data=parts)
    if row.state == CallState.PUBLISHED:
        transaction.on_commit(public_pages.changed)


def _save(call: Call, part: CallPart) -> None:
    part.call = call  # type: ignore[attr-defined]
    for field in part._meta.concrete_fields:
        if isinstance(field, models.TextField):
            setattr(part, field.name, clean_text(getattr(part, field.name)))
        elif isinstance(field, models.CharField) and not field.choices:
            setattr(part, field.name, clean_line(getattr(part, field.name)))
    kept = type(part).objects.filter(pk=part.pk).first()  # type: ignore[attr-defined]
    if isinstance(part, CallQuestion) and kept is not None and kept.kind != part.kind:
        refuse_answered(kept, _("Its kind cannot be changed."))
    part.full_clean()
    part.save()
    if isinstance(part, CallFile) and kept is not None and kept.file.name != part.file.name:
        _forget_file(kept)


def _delete(part: CallPart) -> None:
    if isinstance(part, CallQuestion):
        refuse_answered(part, _("It cannot be deleted."))
    try:
        part.delete()
    except ProtectedError as error:
        raise Conflict(
            _("“%(part)s” is in use and cannot be deleted.") % {"part": part}, code="in_use"
        ) from error
    if isinstance(part, CallFile):
        _forget_file(part)


def refuse_answered(question: CallQuestion, what: str) -> None:
    """Raise ``Conflict`` when an application answers ``question``; ``what`` says what cannot be done."""
    number = answers_to(question)
    if number:
        told = ngettext(
            "%(number)d application answers “%(question)s”.",
            "%(number)d applications answer “%(question)s”.",
            number,
        )
        raise Conflict(f"{told % {'number': number, 'question': question.label}} {what}", code="answered")


def _forget_file(part: CallFile) -> None:
    """The stored file goes when the change is certain."""
    storage, name = part.file.storage, str(part.file.name or "")
    if name:
        transaction.on_commit(lambda: storage.delete(name))
