from apps.calls.domain.application import (
    application_choose_organization,
    application_save,
    application_start,
    closed_words,
)
from apps.calls.domain.call import call_create, call_publish, call_update, call_withdraw
from apps.calls.domain.course import (
    application_accept,
    application_reopen,
    application_submit,
    application_turn_down,
    application_withdraw,
)
from apps.calls.domain.decision import application_decide, decisions_tell

__all__ = [
    "application_accept",
    "application_choose_organization",
    "application_decide",
    "application_reopen",
    "application_save",
    "application_start",
    "application_submit",
    "application_turn_down",
    "application_withdraw",
    "call_create",
    "call_publish",
    "call_update",
    "call_withdraw",
    "closed_words",
    "decisions_tell",
]
