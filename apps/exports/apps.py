from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import register_slot


class ExportsConfig(AppConfig):
    name = "apps.exports"
    verbose_name = _("Exports")

    def ready(self) -> None:
        from apps.exports import receivers  # noqa: F401, PLC0415 -- connects
        from apps.exports.domain import JOB, export_job  # noqa: PLC0415 -- app ready
        from apps.outbox.domain import register_job_handler  # noqa: PLC0415 -- app ready

        register_job_handler(JOB, export_job)
        register_slot("trials.workspace", "exports:trial-exports", order=50)
        register_slot("organizations.workspace.links", "exports:organization-links", order=15)
