from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CallState(models.TextChoices):
    """What staff set. Whether it is open follows from the dates (``CallPhase``)."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    CLOSED = "closed", _("withdrawn from the site")


class CallPhase(models.TextChoices):
    """What the public sees; computed from dates, never stored."""

    BEFORE = "before", _("not yet open")
    OPEN = "open", _("open")
    CLOSING = "closing", _("closing soon")
    REVIEW = "review", _("under review")
    RESULTS = "results", _("results published")
    ENDED = "ended", _("ended")


class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    RETURNED = "returned", _("sent back for correction")
    ADOPTED = "adopted", _("adopted")
    WAITLISTED = "waitlisted", _("on the waiting list")
    DECLINED = "declined", _("not adopted")
    ACCEPTED = "accepted", _("accepted by the company")
    TURNED_DOWN = "turned_down", _("turned down by the company")
    WITHDRAWN = "withdrawn", _("withdrawn")


class FacilityUse(models.TextChoices):
    """Whether facilities of the city are used."""

    NONE = "none", _("no")
    YES = "yes", _("yes")
    UNDECIDED = "undecided", _("not decided yet")


class PersonalData(models.TextChoices):
    NO = "no", _("no")
    YES = "yes", _("yes")


class Conformity(models.TextChoices):
    """Whether the devices have their technical conformity (技適)."""

    READY = "ready", _("all devices have it")
    PLANNED = "planned", _("it will be there before we send")
    UNKNOWN = "unknown", _("we do not know yet")


class VariantChoice(models.TextChoices):
    """What a person decides where two wrote into one field."""

    USE = "use", _("use the other text")
    KEEP = "keep", _("keep the text that stands")
    BOTH = "both", _("put both together")


class Sharing(models.TextChoices):
    """With whom the applicant means to share the data."""

    NONE = "none", _("with nobody")
    CITY = "city", _("with the city")
    OPEN = "open", _("with everyone, as open data")
    UNDECIDED = "undecided", _("not decided yet")


class AnswerKind(models.TextChoices):
    """How an extra question is answered."""

    LINE = "line", _("one line")
    TEXT = "text", _("several lines")
    CHOICE = "choice", _("one of several choices")
    NUMBER = "number", _("a number")
    YESNO = "yesno", _("yes or no")


class QuestionState(models.TextChoices):
    """A question about a call; ``ANSWERED`` is not public yet."""

    WAITING = "waiting", pgettext_lazy("question", "waiting for an answer")
    ANSWERED = "answered", pgettext_lazy("question", "answered, not published")
    PUBLISHED = "published", pgettext_lazy("question", "published")
    CLOSED = "closed", pgettext_lazy("question", "closed without publishing")


class ConsultationState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("consultation", "waiting for a date")
    ARRANGED = "arranged", pgettext_lazy("consultation", "arranged")
    DONE = "done", pgettext_lazy("consultation", "done")
    CANCELLED = "cancelled", pgettext_lazy("consultation", "cancelled")


class VisitManner(models.TextChoices):
    VISIT = "visit", pgettext_lazy("visit", "visit")
    ONLINE = "online", pgettext_lazy("visit", "online")
    PHONE = "phone", pgettext_lazy("visit", "phone")


class AttachmentKind(models.TextChoices):
    PDF = "pdf", "PDF"
    IMAGE = "image", pgettext_lazy("attachment", "picture")
    OFFICE = "office", pgettext_lazy("attachment", "office document")


class JointState(models.TextChoices):
    INVITED = "invited", pgettext_lazy("joint", "not confirmed yet")
    CONFIRMED = "confirmed", pgettext_lazy("joint", "confirmed")
    DECLINED = "declined", pgettext_lazy("joint", "declined")


class ConsentState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("consent", "asked")
    APPROVED = "approved", pgettext_lazy("consent", "approved")
    DECLINED = "declined", pgettext_lazy("consent", "declined")
    CHANGE = "change", pgettext_lazy("consent", "approved if changed")
    VOID = "void", pgettext_lazy("consent", "does not count")


class ReviewerState(models.TextChoices):
    INVITED = "invited", pgettext_lazy("reviewer", "invited")
    ACCEPTED = "accepted", pgettext_lazy("reviewer", "accepted")
    DECLINED = "declined", pgettext_lazy("reviewer", "declined")
    LEFT = "left", pgettext_lazy("reviewer", "left")


class SeeScores(models.TextChoices):
    """Whether a reviewer sees what the others wrote."""

    NEVER = "never", pgettext_lazy("scores", "not shown")
    OWN = "own", pgettext_lazy("scores", "shown after one’s own is handed in")
    ALWAYS = "always", pgettext_lazy("scores", "shown")


class TieKind(models.TextChoices):
    """A reviewer’s connection with an organization."""

    EMPLOYER = "employer", pgettext_lazy("tie", "employed there")
    OFFICER = "officer", pgettext_lazy("tie", "officer or adviser")
    HOLDING = "holding", pgettext_lazy("tie", "holds shares")
    FAMILY = "family", pgettext_lazy("tie", "family works there")
    RESEARCH = "research", pgettext_lazy("tie", "joint research or business")
    OTHER = "other", pgettext_lazy("tie", "another connection")


class ConflictKind(models.TextChoices):
    HARD = "hard", pgettext_lazy("conflict", "does not review")
    SOFT = "soft", pgettext_lazy("conflict", "reviews, recorded")


class ConflictSource(models.TextChoices):
    FOUND = "found", pgettext_lazy("conflict", "found by itself")
    DECLARED = "declared", pgettext_lazy("conflict", "declared by the reviewer")
    RECUSED = "recused", pgettext_lazy("conflict", "the reviewer stepped back")
    STAFF = "staff", pgettext_lazy("conflict", "entered by the city")


class ConflictGround(models.TextChoices):
    MEMBERSHIP = "membership", pgettext_lazy("conflict", "belongs to the organization")
    DOMAIN = "domain", pgettext_lazy("conflict", "mail domain of the organization")
    TIE = "tie", pgettext_lazy("conflict", "a connection the reviewer stated")
    WORDS = "words", pgettext_lazy("conflict", "in words")


class Outcome(models.TextChoices):
    """What the city decides."""

    ADOPT = "adopt", pgettext_lazy("decision", "adopt")
    CONDITIONS = "conditions", pgettext_lazy("decision", "adopt with conditions")
    WAITLIST = "waitlist", pgettext_lazy("decision", "waiting list")
    DECLINE = "decline", pgettext_lazy("decision", "do not adopt")


class LetterKind(models.TextChoices):
    ADOPTION = "adoption", pgettext_lazy("letter", "letter of adoption")
    WAITLIST = "waitlist", pgettext_lazy("letter", "letter about the waiting list")
    DECLINE = "decline", pgettext_lazy("letter", "letter of non-adoption")
    CHANGE = "change", pgettext_lazy("letter", "letter about a change")


#: Connections that forbid reviewing; the others are recorded and told to staff.
HARD_TIES = (TieKind.EMPLOYER, TieKind.OFFICER, TieKind.HOLDING, TieKind.FAMILY)
ADOPTING = (Outcome.ADOPT, Outcome.CONDITIONS)

#: In these states the answers may be changed freely; what is required is asked when it is handed in.
EDITABLE_STATES = (ApplicationState.DRAFT, ApplicationState.RETURNED)
DECIDED_STATES = (ApplicationState.ADOPTED, ApplicationState.WAITLISTED, ApplicationState.DECLINED)
AFTER_ADOPTION = (ApplicationState.ACCEPTED, ApplicationState.TURNED_DOWN)

#: What staff read of each state.
STAFF_WORDS: Mapping[str, str | Promise] = {
    ApplicationState.DRAFT: _("draft"),
    ApplicationState.SUBMITTED: pgettext_lazy("staff", "waiting for a decision"),
    ApplicationState.RETURNED: pgettext_lazy("staff", "sent back, waiting for the correction"),
    ApplicationState.ADOPTED: pgettext_lazy("staff", "adopted, waiting for the company’s answer"),
    ApplicationState.WAITLISTED: _("on the waiting list"),
    ApplicationState.DECLINED: _("not adopted"),
    ApplicationState.ACCEPTED: _("accepted by the company"),
    ApplicationState.TURNED_DOWN: _("turned down by the company"),
    ApplicationState.WITHDRAWN: _("withdrawn"),
}
#: What the applicant reads of each state.
PUBLIC_WORDS: Mapping[str, str | Promise] = {
    ApplicationState.DRAFT: pgettext_lazy("applicant", "Draft"),
    ApplicationState.SUBMITTED: pgettext_lazy("applicant", "Under review"),
    ApplicationState.RETURNED: pgettext_lazy("applicant", "Please correct"),
    ApplicationState.ADOPTED: pgettext_lazy("applicant", "Adopted"),
    ApplicationState.WAITLISTED: pgettext_lazy("applicant", "On the waiting list"),
    ApplicationState.DECLINED: pgettext_lazy("applicant", "Not adopted"),
    ApplicationState.ACCEPTED: pgettext_lazy("applicant", "Adopted, trial accepted"),
    ApplicationState.TURNED_DOWN: pgettext_lazy("applicant", "Trial turned down"),
    ApplicationState.WITHDRAWN: pgettext_lazy("applicant", "Withdrawn"),
}
