from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import register_readiness, register_work_queue


class OutboxConfig(AppConfig):
    name = "apps.outbox"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        from apps.outbox import selectors  # noqa: PLC0415 -- app ready

        register_work_queue(selectors.work_items)
        register_readiness("outbox", selectors.check_lag)
