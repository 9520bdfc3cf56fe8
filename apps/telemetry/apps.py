from __future__ import annotations

import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import register_facts, register_gauges, register_readiness, register_slot


class TelemetryConfig(AppConfig):
    name = "apps.telemetry"
    verbose_name = _("Telemetry")

    def ready(self) -> None:
        from apps.outbox.domain import register_job_handler  # noqa: PLC0415 -- app ready
        from apps.telemetry import receivers  # noqa: F401, PLC0415 -- connects
        from apps.telemetry.domain import downlinks, redecode  # noqa: PLC0415 -- app ready
        from apps.telemetry.domain.over_quota import JOB, over_quota_job  # noqa: PLC0415 -- app ready
        from apps.telemetry.selectors import device_links, device_states  # noqa: PLC0415 -- app ready
        from apps.telemetry.selectors.export_kinds import exports_register  # noqa: PLC0415 -- app ready
        from apps.telemetry.selectors.glance import data_of_trials  # noqa: PLC0415 -- app ready
        from apps.telemetry.selectors.heard import last_heard  # noqa: PLC0415 -- app ready

        exports_register()
        register_facts("trials.data", data_of_trials)
        register_facts("device.state", device_states)
        register_facts("device.link", device_links)
        register_facts("device.heard", last_heard)
        from apps.telemetry.domain.gauges import ingest_gauges  # noqa: PLC0415 -- app ready

        register_slot("trials.workspace.usage", "telemetry:trial-usage")
        register_slot("trials.workspace", "telemetry:letters-slot", order=15)
        register_slot("trials.workspace.links", "telemetry:mask-link", order=40)
        register_slot("trials.workspace.links", "telemetry:trial-webhook-links", order=32)
        register_slot("organizations.workspace.links", "telemetry:webhook-links", order=25)
        register_slot("trials.workspace", "telemetry:alerts-slot", order=10)
        register_slot("trials.workspace.links", "telemetry:alerts-link", order=30)
        register_slot("trials.workspace.links", "telemetry:trial-export-link", order=20)
        register_slot("trials.workspace.links", "telemetry:dashboard-link", order=25)
        register_slot("devices.model", "telemetry:model-frames")
        register_slot("exports.new", "telemetry:export-links")
        register_job_handler(JOB, over_quota_job)
        register_slot("organizations.workspace.links", "telemetry:topics-link", order=30)
        register_gauges(ingest_gauges)
        register_job_handler(redecode.JOB, redecode.redecode_job)
        register_job_handler(redecode.HELD_JOB, redecode.held_job)
        register_job_handler(downlinks.JOB, downlinks.downlink_told_job)
        register_readiness("ingest", ingest_alive)
        from apps.telemetry.selectors.couriers import courier_alive  # noqa: PLC0415 -- app ready

        register_readiness("courier", courier_alive)


def ingest_alive() -> None:
    """Raises when slot 0 of the ingest has said nothing for a minute."""
    from django.core.cache import caches  # noqa: PLC0415 -- app ready

    if time.time() - float(caches["default"].get("ingest-0") or 0) > 60:
        raise TimeoutError("no sign of the ingest")
