from apps.calls.models.application import Application, ApplicationNumber
from apps.calls.models.asking import Consultation, OutreachVisit, PublicQuestion
from apps.calls.models.call import Call
from apps.calls.models.course import (
    AnswerVariant,
    ApplicationRevision,
    Attachment,
    FacilityConsent,
    JointApplicant,
    ReadMark,
    StaffNote,
)
from apps.calls.models.decision import Decision, Letter, LetterNumber
from apps.calls.models.parts import CallCriterion, CallFaq, CallFile, CallQuestion
from apps.calls.models.review import (
    Review,
    ReviewAssignment,
    ReviewConflict,
    Reviewer,
    ReviewerTie,
    ReviewPhase,
    ReviewScore,
)
from apps.calls.models.theme import Theme

__all__ = [
    "ReviewerTie",
    "Reviewer",
    "ReviewScore",
    "ReviewPhase",
    "ReviewConflict",
    "ReviewAssignment",
    "Review",
    "LetterNumber",
    "Letter",
    "Decision",
    "AnswerVariant",
    "Application",
    "ApplicationNumber",
    "ApplicationRevision",
    "Attachment",
    "Call",
    "CallCriterion",
    "CallFaq",
    "CallFile",
    "CallQuestion",
    "Consultation",
    "FacilityConsent",
    "JointApplicant",
    "OutreachVisit",
    "PublicQuestion",
    "ReadMark",
    "StaffNote",
    "Theme",
]
