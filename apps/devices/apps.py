from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import register_slot


class DevicesConfig(AppConfig):
    name = "apps.devices"
    verbose_name = _("Devices")

    def ready(self) -> None:
        from apps.devices import receivers  # noqa: F401, PLC0415 -- app ready

        register_slot("trials.workspace", "devices:trial-devices", order=20)
        register_slot("trials.workspace.links", "devices:trial-links", order=10)
