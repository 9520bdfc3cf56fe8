"""Writing the city's settings."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from apps.core import public_pages, site
from apps.core.models import SiteSettings
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
