"""What core does is recorded here: core cannot import the record."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.audit.domain import record
from apps.core.models import SiteSettings
from apps.core.signals import site_settings_saved


@receiver(site_settings_saved)
def record_site_settings(settings: SiteSettings, actor: Any, fields: list[str], **kwargs: Any) -> None:
    record(action="site_settings.save", actor=actor, target=settings, data={"fields": fields})
