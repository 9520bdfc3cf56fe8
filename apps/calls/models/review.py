"""Review by experts: phases, who reviews what, conflicts of interest, reviews and their scores."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import (
    ConflictGround,
    ConflictKind,
    ConflictSource,
    ReviewerState,
    SeeScores,
    TieKind,
)
from apps.calls.models.application import Application
from apps.calls.models.call import Call
from apps.calls.models.parts import CallCriterion
from apps.core import clock
from apps.core.models import TimeStampedModel, TwoLanguages, UUIDModel
from apps.organizations.models import Organization

#: The period of a phase; its end does not belong to it.
_PERIOD = models.Func(
    "starts_at", "ends_at", RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField()
)


class ReviewPhaseQuerySet(models.QuerySet["ReviewPhase"]):
    def at(self, moment: datetime | None = None) -> ReviewPhaseQuerySet:
        """Those under way at ``moment``: at most one of each call."""
        moment = moment or clock.now()
        return self.filter(starts_at__lte=moment, ends_at__gt=moment)


class ReviewPhase(TwoLanguages, UUIDModel, TimeStampedModel):
    """A part of the review, from a moment until another; what reviewers may do and see in it."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="review_phases", verbose_name=_("call"))
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=90, blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    may_score = models.BooleanField(_("reviewers score"), default=True)
    hide_applicant = models.BooleanField(_("the applicant’s name is hidden"), default=True)
    see_scores = models.CharField(
        _("others’ scores and comments"), max_length=8, choices=SeeScores.choices, default=SeeScores.NEVER
    )
    see_names = models.BooleanField(_("reviewers see each other’s names"), default=False)
    sealed = models.BooleanField(
        _("sealed"), default=False, help_text=_("Staff see no scores either until the phase has ended.")
    )

    objects: ClassVar[ReviewPhaseQuerySet] = ReviewPhaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("review phase")
        verbose_name_plural = _("review phases")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="calls_phase_period",
                violation_error_message=_("The phase must end after it begins."),
            ),
            ExclusionConstraint(
                name="calls_phase_no_overlap",
                expressions=[
                    ("call", RangeOperators.EQUAL),
                    (_PERIOD, RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Another phase of this call lies in this time."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReviewerQuerySet(models.QuerySet["Reviewer"]):
    def present(self) -> ReviewerQuerySet:
        """Those who were not removed."""
        return self.filter(removed_at__isnull=True)

    def active(self) -> ReviewerQuerySet:
        """Those who accepted and review."""
        return self.present().filter(state=ReviewerState.ACCEPTED)


class Reviewer(UUIDModel, TimeStampedModel):
    """An expert asked to review one call. ``user`` is set when the invitation is accepted."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="reviewers", verbose_name=_("call"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reviewing",
        verbose_name=_("person"),
    )
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"))
    affiliation = models.CharField(_("affiliation"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="ja")
    #: Codes of the themes the reviewer knows; empty: all.
    themes = ArrayField(models.CharField(max_length=30), verbose_name=_("themes"), default=list, blank=True)
    load_limit = models.PositiveSmallIntegerField(_("at most (applications)"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ReviewerState.choices, default=ReviewerState.INVITED
    )
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(_("invitation sent"), null=True, blank=True)
    expires_at = models.DateTimeField(_("valid until"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    #: When the reviewer stated the own ties, "none" included; nothing can be read before.
    ties_stated_at = models.DateTimeField(_("ties stated"), null=True, blank=True)
    assigned_mail_at = models.DateTimeField(_("told of the assignments"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    objects: ClassVar[ReviewerQuerySet] = ReviewerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("reviewer")
        verbose_name_plural = _("reviewers")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "email"],
                condition=models.Q(removed_at__isnull=True),
                name="calls_reviewer_address_once",
                violation_error_message=_("This address was invited already."),
            ),
            models.UniqueConstraint(
                fields=["call", "user"],
                condition=models.Q(removed_at__isnull=True, user__isnull=False),
                name="calls_reviewer_once",
                violation_error_message=_("This person reviews this call already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReviewerTie(UUIDModel, TimeStampedModel):
    """What a reviewer says about an own connection with an organization, whoever applied."""

    reviewer = models.ForeignKey(Reviewer, models.CASCADE, related_name="ties")
    kind = models.CharField(_("connection"), max_length=10, choices=TieKind.choices)
    organization_name = models.CharField(_("organization"), max_length=200)
    corporate_number = models.CharField(_("corporate number"), max_length=13, blank=True)
    domain = models.CharField(_("mail domain"), max_length=253, blank=True)
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("registered organization"),
    )
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("connection of a reviewer")
        verbose_name_plural = _("connections of reviewers")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.organization_name


class ReviewAssignmentQuerySet(models.QuerySet["ReviewAssignment"]):
    def present(self) -> ReviewAssignmentQuerySet:
        """Those that stand, of reviewers who were not removed."""
        return self.filter(removed_at__isnull=True, reviewer__removed_at__isnull=True)


class ReviewAssignment(UUIDModel, TimeStampedModel):
    """A reviewer is to review an application."""

    reviewer = models.ForeignKey(Reviewer, models.PROTECT, related_name="assignments")
    application = models.ForeignKey(Application, models.PROTECT, related_name="assignments")
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: When the reviewer said whether there is a conflict; the application is not readable before.
    declared_at = models.DateTimeField(_("conflict declared"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)
    removed_reason = models.CharField(_("why it was removed"), max_length=300, blank=True)

    objects: ClassVar[ReviewAssignmentQuerySet] = ReviewAssignmentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["reviewer", "application"],
                condition=models.Q(removed_at__isnull=True),
                name="calls_assignment_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.application_id}"


class ReviewConflictQuerySet(models.QuerySet["ReviewConflict"]):
    def standing(self) -> ReviewConflictQuerySet:
        """Those that were not lifted."""
        return self.filter(lifted_at__isnull=True)


class ReviewConflict(UUIDModel, TimeStampedModel):
    """A conflict of interest. Hard: no access, no score counts. Soft: recorded, told to staff."""

    reviewer = models.ForeignKey(Reviewer, models.PROTECT, related_name="conflicts")
    application = models.ForeignKey(Application, models.PROTECT, related_name="conflicts")
    kind = models.CharField(_("kind"), max_length=4, choices=ConflictKind.choices)
    source = models.CharField(_("how it is known"), max_length=8, choices=ConflictSource.choices)
    ground = models.CharField(_("ground"), max_length=10, choices=ConflictGround.choices)
    note = models.TextField(_("in words"), max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: When staff said that they have read it; until then it waits in the work queue.
    seen_at = models.DateTimeField(_("read by staff"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lift_reason = models.TextField(_("why it was lifted"), max_length=1000, blank=True)

    objects: ClassVar[ReviewConflictQuerySet] = ReviewConflictQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["reviewer", "application"],
                condition=models.Q(lifted_at__isnull=True),
                name="calls_conflict_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.application_id} {self.kind}"


class Review(UUIDModel, TimeStampedModel):
    """What a reviewer says of one application; ``revision`` is the one that was scored."""

    assignment = models.OneToOneField(ReviewAssignment, models.PROTECT, related_name="review")
    revision = models.PositiveIntegerField(_("revision scored"))
    comment_city = models.TextField(_("comment for the city"), max_length=5000, blank=True)
    comment_applicant = models.TextField(_("comment for the applicant"), max_length=5000, blank=True)
    handed_in_at = models.DateTimeField(_("handed in"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    #: Which page wrote each part last (``rules.merge``): what one page sent twice is no clash.
    written = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.assignment_id} r{self.revision}"


class ReviewScore(UUIDModel):
    """A score for one criterion, on that criterion's scale; or "cannot judge", which is no score."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(CallCriterion, models.PROTECT, related_name="scores")
    value = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    cannot_judge = models.BooleanField(_("cannot judge"), default=False)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="calls_score_once"),
            models.CheckConstraint(
                condition=models.Q(cannot_judge=False) | models.Q(value__isnull=True),
                name="calls_score_or_cannot_judge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} {self.value}"
