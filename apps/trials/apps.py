from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.registry import (
    NavItem,
    register_dues,
    register_nav,
    register_places,
    register_slot,
    register_work_queue,
)


class TrialsConfig(AppConfig):
    name = "apps.trials"
    verbose_name = _("Trials")

    def ready(self) -> None:
        from apps.trials import receivers  # noqa: F401, PLC0415 -- app ready
        from apps.trials.selectors.changes import waiting_changes  # noqa: PLC0415 -- app ready
        from apps.trials.selectors.due import trial_dues  # noqa: PLC0415 -- app ready
        from apps.trials.selectors.places import places_named  # noqa: PLC0415 -- app ready

        register_nav(NavItem(_("Trials"), "trials:trial-list", "trials/", order=20))
        register_places(places_named)
        register_work_queue(waiting_changes)
        register_dues(trial_dues)
        register_slot("calls.call", "trials:trials-before", order=10)
        register_slot("organizations.workspace", "trials:organization-trials", order=10)
        register_slot("trials.workspace", "trials:progress-slot", order=60)
