from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import register_dues, register_facts, register_slot, register_work_queue


class DevicesConfig(AppConfig):
    name = "apps.devices"
    verbose_name = _("Devices")

    def ready(self) -> None:
        from apps.devices import receivers  # noqa: F401, PLC0415 -- app ready
        from apps.devices.domain import (  # noqa: PLC0415 -- app ready
            downlink_sending,
            downlinks,
            drift,
            provision_job,
            provisioning,
        )
        from apps.devices.selectors.codecs import stopped_codecs  # noqa: PLC0415 -- app ready
        from apps.devices.selectors.provisioning import work_items  # noqa: PLC0415 -- app ready
        from apps.outbox.domain import register_job_handler  # noqa: PLC0415 -- app ready

        register_job_handler(provisioning.JOB, lambda job: provision_job.provision_job(payload=job))
        register_job_handler(provisioning.TAKE_AWAY_JOB, lambda job: provision_job.take_away_job(payload=job))
        register_job_handler(provisioning.FOLLOW_JOB, provisioning.follow_job)
        register_job_handler(drift.COMPARE_JOB, drift.compare_job)
        register_job_handler(downlinks.JOB, downlink_sending.downlink_job)

        register_work_queue(work_items)
        register_work_queue(stopped_codecs)
        from apps.devices.selectors.glance import device_dues, devices_of_trials  # noqa: PLC0415 -- app ready

        register_facts("trials.devices", devices_of_trials)
        register_dues(device_dues)
        register_slot("organizations.workspace", "devices:models-stopped", order=5)
        register_slot("organizations.workspace.links", "devices:model-links", order=22)
        register_slot("trials.workspace", "devices:trial-devices", order=20)
        register_slot("trials.workspace.links", "devices:trial-links", order=10)
