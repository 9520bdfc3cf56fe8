from apps.calls.admin.application import ApplicationAdmin
from apps.calls.admin.asking import PublicQuestionAdmin
from apps.calls.admin.call import CallAdmin
from apps.calls.admin.consent import FacilityConsentAdmin
from apps.calls.admin.consultation import ConsultationAdmin
from apps.calls.admin.deliberation import DecisionAdmin
from apps.calls.admin.letter import LetterAdmin
from apps.calls.admin.outreach import OutreachVisitAdmin
from apps.calls.admin.panel import panel as review_panel
from apps.calls.admin.panel_ties import ties as review_ties
from apps.calls.admin.review_staff import progress as review_progress
from apps.calls.admin.reviewer import home as review_home
from apps.calls.admin.theme import ThemeAdmin

__all__ = [
    "ApplicationAdmin",
    "CallAdmin",
    "ConsultationAdmin",
    "DecisionAdmin",
    "FacilityConsentAdmin",
    "LetterAdmin",
    "OutreachVisitAdmin",
    "PublicQuestionAdmin",
    "ThemeAdmin",
    "review_home",
    "review_panel",
    "review_progress",
    "review_ties",
]
