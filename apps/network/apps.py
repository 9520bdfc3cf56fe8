from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, register_nav, register_places


class NetworkConfig(AppConfig):
    name = "apps.network"
    verbose_name = _("Network")

    def ready(self) -> None:
        from apps.network.selectors.coverage import gateways_named  # noqa: PLC0415 -- app ready

        register_nav(NavItem(_("Coverage"), "network:coverage", "coverage/", order=40))
        register_places(gateways_named)
