"""Writing the city's settings, and the answers that the API repeats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core import clock, public_pages, site
from apps.core.errors import Conflict
from apps.core.models import KeptAnswer, SiteSettings
from apps.core.signals import site_settings_saved
from apps.core.uploads import LOGO, picture_clean


@transaction.atomic
def site_settings_save(*, settings: SiteSettings, actor: Any) -> SiteSettings:
    """Check and store ``settings``; raises ``ValidationError``. All kept pages are old afterwards.

    A new logo is re-encoded; the former file is deleted after commit.
    """
    before = SiteSettings.objects.select_for_update().filter(pk=1).first()
    settings.pk = 1
    if settings.logo and isinstance(settings.logo.file, UploadedFile):
        try:
            settings.logo = picture_clean(settings.logo.file, LOGO)
        except ValidationError as error:
            raise ValidationError({"logo": error}) from error
    settings.full_clean()
    settings.save(force_update=before is not None, force_insert=before is None)
    names = _changed(before, settings)
    if before is not None and before.logo and before.logo.name != settings.logo.name:
        transaction.on_commit(lambda: before.logo.delete(save=False))
    site_settings_saved.send(sender=SiteSettings, settings=settings, actor=actor, fields=names)
    transaction.on_commit(site.forget)
    transaction.on_commit(public_pages.changed)
    return settings


def _changed(before: SiteSettings | None, after: SiteSettings) -> list[str]:
    fields = [field.attname for field in SiteSettings._meta.concrete_fields if field.name != "updated_at"]
    if before is None:
        return fields
    return [name for name in fields if getattr(before, name) != getattr(after, name)]


#: How long an answer is repeated.
ANSWER_KEPT = timedelta(hours=24)


@transaction.atomic
def answer_once(
    *,
    digest: str,
    fingerprint: str,
    act: Callable[[], tuple[int, str, str]],
    now: datetime | None = None,
) -> tuple[KeptAnswer, bool]:
    """The kept answer for ``digest``, and whether it was there before; else ``act`` is done, in the same
    transaction: either both are committed or neither, whatever dies in between.

    ``act`` gives status, location and body, or raises: then nothing is kept and the same may be tried again.
    Raises ``Conflict`` (``idempotency_in_flight``) while another request with this digest is being answered.
    """
    now = now or clock.now()
    lock = int.from_bytes(bytes.fromhex(digest[:16]), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        if not cursor.fetchone()[0]:
            raise Conflict(
                _("A request with this Idempotency-Key is being answered. Try again in a moment."),
                code="idempotency_in_flight",
            )
    kept = KeptAnswer.objects.filter(digest=digest).first()
    if kept is not None and kept.made_at > now - ANSWER_KEPT:
        return kept, True
    if kept is not None:
        kept.delete()
    status, location, body = act()
    row = KeptAnswer(
        digest=digest, fingerprint=fingerprint, status=status, location=location, body=body, made_at=now
    )
    row.save(force_insert=True)
    return row, False


def answers_forget(*, now: datetime | None = None) -> int:
    """Forget answers whose day is over; how many."""
    before = (now or clock.now()) - ANSWER_KEPT
    return KeptAnswer.objects.filter(made_at__lte=before).delete()[0]
