from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import register_dues, register_slot


class ApikeysConfig(AppConfig):
    name = "apps.apikeys"
    verbose_name = _("API keys")

    def ready(self) -> None:
        from apps.apikeys import receivers  # noqa: F401, PLC0415 -- app ready
        from apps.apikeys.selectors.due import key_dues  # noqa: PLC0415 -- app ready

        register_dues(key_dues)

        register_slot("accounts.profile", "apikeys:own-links", order=30)
        register_slot("organizations.workspace.links", "apikeys:organization-links", order=20)
        register_slot("trials.workspace.links", "apikeys:trial-links", order=30)
