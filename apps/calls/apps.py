from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.registry import NavItem, register_mail_kind, register_nav, register_slot, register_work_queue


class CallsConfig(AppConfig):
    name = "apps.calls"
    verbose_name = _("Calls")

    def ready(self) -> None:
        from apps.calls import receivers  # noqa: F401, PLC0415 -- app ready
        from apps.calls.domain.letter import LETTER_KIND, letter_attachment, letter_job  # noqa: PLC0415
        from apps.calls.domain.paper import (  # noqa: PLC0415 -- app ready
            COPY_KIND,
            application_copy_attachment,
        )
        from apps.calls.selectors.asked_work import (  # noqa: PLC0415 -- app ready
            waiting_consultations,
            waiting_questions,
            waiting_visits,
        )
        from apps.calls.selectors.consent import waiting_consents  # noqa: PLC0415 -- app ready
        from apps.calls.selectors.panel_staff import waiting_conflicts  # noqa: PLC0415 -- app ready
        from apps.calls.selectors.review_queue import waiting_reviews  # noqa: PLC0415 -- app ready
        from apps.calls.selectors.waitlist import waiting_answers  # noqa: PLC0415 -- app ready
        from apps.calls.selectors.work import (  # noqa: PLC0415 -- app ready
            waiting_applications,
            waiting_calls,
            waiting_corrections,
            waiting_decisions,
        )
        from apps.outbox.domain import register_attachment, register_job_handler  # noqa: PLC0415 -- app ready

        for outcome, label in (
            ("adopted", _("Adoption")),
            ("conditions", _("Adoption with conditions")),
            ("waitlist", pgettext_lazy("decision", "Waiting list")),
            ("declined", _("Non-adoption")),
            ("moved-up", _("Adoption from the waiting list")),
        ):
            register_mail_kind(f"calls-decision-{outcome}", label)
        register_nav(NavItem(_("Calls"), "calls:call-list", "/calls/", 10))
        register_slot("organizations.workspace", "calls:workspace-applications", order=20)
        register_slot("events.event", "calls:calls-of-event", order=10)
        register_work_queue(waiting_applications)
        register_work_queue(waiting_calls)
        register_work_queue(waiting_corrections)
        register_work_queue(waiting_decisions)
        register_work_queue(waiting_answers)
        register_work_queue(waiting_questions)
        register_work_queue(waiting_consultations)
        register_work_queue(waiting_visits)
        register_work_queue(waiting_consents)
        register_work_queue(waiting_reviews)
        register_work_queue(waiting_conflicts)
        register_attachment(COPY_KIND, application_copy_attachment)
        register_attachment(LETTER_KIND, letter_attachment)
        register_job_handler(LETTER_KIND, letter_job)
