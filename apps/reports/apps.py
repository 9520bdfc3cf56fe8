from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import NavItem, register_facts, register_nav, register_slot, register_work_queue


class ReportsConfig(AppConfig):
    name = "apps.reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from apps.reports.selectors import (  # noqa: PLC0415 -- app ready
            handed_in_reports,
            overdue_reports,
            published_outcomes,
            waiting_reports,
        )

        register_nav(NavItem(_("Trial records"), "reports:report-list", "/reports/", 30))
        register_work_queue(waiting_reports)
        register_work_queue(overdue_reports)
        register_facts("trials.outcome", published_outcomes)
        register_facts("trials.report", handed_in_reports)
        register_slot("trials.public", "reports:report-slot", order=20)
        register_slot("trials.workspace", "reports:report-workspace-slot", order=90)
