from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrialsConfig(AppConfig):
    name = "apps.trials"
    verbose_name = _("Trials")

    def ready(self) -> None:
        from apps.trials import receivers  # noqa: F401, PLC0415 -- app ready
