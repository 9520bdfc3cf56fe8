from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, register_nav


class PortalConfig(AppConfig):
    name = "apps.portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        register_nav(NavItem(_("Data and API"), "portal:developers", "/developers/", order=80))
