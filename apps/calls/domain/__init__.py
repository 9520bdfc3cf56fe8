from apps.calls.domain.application import (
    application_choose_organization,
    application_start,
    closed_words,
)
from apps.calls.domain.call import call_create, call_publish, call_update, call_withdraw
from apps.calls.domain.call_clone import call_clone
from apps.calls.domain.call_parts import call_parts_save
from apps.calls.domain.copying import application_copy
from apps.calls.domain.correcting import application_correct
from apps.calls.domain.course import (
    application_accept,
    application_reopen,
    application_submit,
    application_turn_down,
    application_withdraw,
)
from apps.calls.domain.decision import application_decide, decisions_tell
from apps.calls.domain.saving import SaveResult, application_save
from apps.calls.domain.variants import variant_settle
from apps.calls.rules import clean_answers

__all__ = [
    "SaveResult",
    "application_accept",
    "application_choose_organization",
    "application_copy",
    "application_correct",
    "application_decide",
    "application_reopen",
    "application_save",
    "application_start",
    "application_submit",
    "application_turn_down",
    "application_withdraw",
    "call_clone",
    "call_create",
    "call_parts_save",
    "call_publish",
    "call_update",
    "call_withdraw",
    "clean_answers",
    "closed_words",
    "decisions_tell",
    "variant_settle",
]
