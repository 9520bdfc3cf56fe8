from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.registry import NavItem, register_mail_kind, register_nav, register_slot, register_work_queue

#: What the mails of a decision are called where they are released, by the end of their template.
DECISION_MAILS = {
    "adopted": _("Adoption"),
    "conditions": _("Adoption with conditions"),
    "waitlist": pgettext_lazy("decision", "Waiting list"),
    "declined": _("Non-adoption"),
    "moved-up": _("Adoption from the waiting list"),
}


class CallsConfig(AppConfig):
    name = "apps.calls"
    verbose_name = _("Calls")

    def ready(self) -> None:
        from apps.calls import receivers  # noqa: F401, PLC0415 -- app ready
        from apps.calls.domain.letter import (  # noqa: PLC0415 -- app ready
            LETTER_KIND,
            letter_attachment,
            letter_job,
        )
        from apps.calls.domain.paper import (  # noqa: PLC0415 -- app ready
            COPY_KIND,
            application_copy_attachment,
        )
        from apps.calls.selectors.queue import WORK_QUEUE  # noqa: PLC0415 -- app ready
        from apps.outbox.domain import register_attachment, register_job_handler  # noqa: PLC0415 -- app ready

        for outcome, label in DECISION_MAILS.items():
            register_mail_kind(f"calls-decision-{outcome}", label)
        register_nav(NavItem(_("Calls"), "calls:call-list", "/calls/", 10))
        register_slot("organizations.workspace", "calls:workspace-applications", order=20)
        register_slot("events.event", "calls:calls-of-event", order=10)
        for provider in WORK_QUEUE:
            register_work_queue(provider)
        register_attachment(COPY_KIND, application_copy_attachment)
        register_attachment(LETTER_KIND, letter_attachment)
        register_job_handler(LETTER_KIND, letter_job)
