"""Writes of themes, the words that calls and applications name."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.audit.domain import record
from apps.calls.domain.call import check_city
from apps.calls.models import Theme
from apps.core import public_pages
from apps.core.text import clean_line


@transaction.atomic
def theme_save(*, theme: Theme, actor: Any) -> Theme:
    """Keep a new or changed theme. Its code stays once it is there. Raises ``ValidationError``."""
    check_city(actor)
    kept = Theme.objects.select_for_update().filter(pk=theme.pk).first()
    if kept is not None:
        theme.code = kept.code
    theme.name, theme.name_en = clean_line(theme.name), clean_line(theme.name_en)
    theme.full_clean()
    theme.save()
    record(action="theme.update" if kept else "theme.create", actor=actor, target=theme)
    transaction.on_commit(public_pages.changed)
    return theme
