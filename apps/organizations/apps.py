from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import register_slot


class OrganizationsConfig(AppConfig):
    name = "apps.organizations"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from apps.organizations.domain.merge import JOB, merge_late  # noqa: PLC0415 -- app ready
        from apps.outbox.domain import register_job_handler  # noqa: PLC0415 -- app ready

        register_job_handler(JOB, lambda payload: merge_late(payload=payload))
        register_slot("accounts.profile", "organizations:own-organizations", order=10)
