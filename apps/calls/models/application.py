from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import (
    DECIDED_STATES,
    ApplicationState,
    Conformity,
    FacilityUse,
    JointState,
    PersonalData,
    Sharing,
)
from apps.calls.models.call import Call
from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.enums import MANAGING_ROLES, OrganizationKind
from apps.organizations.models import Organization

if TYPE_CHECKING:
    from apps.accounts.models import User


class ApplicationNumber(models.Model):
    """The last number given in a fiscal year; locked while the next is taken."""

    fiscal_year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.fiscal_year}-{self.last:03d}"


def _mine(actor: User | Any) -> models.Q:
    """A joint application is shared with who confirmed, and with who answers for that organization."""
    sharing = models.Q(joint_applicants__user=actor) | models.Q(
        joint_applicants__organization__memberships__user=actor,
        joint_applicants__organization__memberships__role__in=MANAGING_ROLES,
    )
    confirmed = models.Q(
        joint_applicants__state=JointState.CONFIRMED, joint_applicants__removed_at__isnull=True
    )
    own = models.Q(created_by=actor) | models.Q(organization__memberships__user=actor)
    return own | (confirmed & sharing)


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, actor: User | Any) -> ApplicationQuerySet:
        """One's own, those of one's organizations, those one shares; staff see what was submitted."""
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self.filter(_mine(actor) | ~models.Q(state=ApplicationState.DRAFT)).distinct()
        return self.of_actor(actor)

    def of_actor(self, actor: User | Any) -> ApplicationQuerySet:
        """Those the actor began, of the actor's organizations, and those shared by a joint applicant."""
        return self.filter(_mine(actor)).distinct()

    def of_organization(self, organization: Any) -> ApplicationQuerySet:
        """Those an organization leads or takes part in as a confirmed joint applicant."""
        takes_part = models.Q(
            joint_applicants__organization=organization,
            joint_applicants__state=JointState.CONFIRMED,
            joint_applicants__removed_at__isnull=True,
        )
        return self.filter(models.Q(organization=organization) | takes_part).distinct()

    def submitted(self) -> ApplicationQuerySet:
        return self.exclude(state=ApplicationState.DRAFT)


class Application(UUIDModel, TimeStampedModel):
    """A company's application. A draft accepts anything; what is required is asked at submission."""

    code = models.CharField(_("number"), max_length=12, unique=True)
    call = models.ForeignKey(Call, models.PROTECT, related_name="applications", verbose_name=_("call"))
    state = models.CharField(
        _("state"), max_length=12, choices=ApplicationState.choices, default=ApplicationState.DRAFT
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="applications", verbose_name=_("begun by")
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=_("organization"),
    )
    # Who
    org_kind = models.CharField(
        _("kind of organization"), max_length=12, choices=OrganizationKind.choices, blank=True
    )
    org_name = models.TextField(_("name of the organization"), blank=True)
    org_kana = models.TextField(_("name in kana"), blank=True)
    corporate_number = models.TextField(_("corporate number"), blank=True)
    postal_code = models.TextField(_("postal code"), blank=True)
    address = models.TextField(_("address"), blank=True)
    representative = models.TextField(_("representative"), blank=True)
    contact_name = models.TextField(_("contact person"), blank=True)
    contact_email = models.TextField(_("contact e-mail"), blank=True)
    contact_phone = models.TextField(_("phone"), blank=True)
    # What
    title = models.TextField(_("title"), blank=True)
    need = models.TextField(_("the need it starts from"), blank=True)
    themes = ArrayField(models.CharField(max_length=30), verbose_name=_("themes"), default=list, blank=True)
    plan = models.TextField(_("what will be tried"), blank=True)
    measure = models.TextField(_("how it will be known"), blank=True)
    learning = models.TextField(_("what is learned if it fails"), blank=True)
    # Devices, place and time
    #: [{"name": str, "count": int, "interval_s": int | None, "payload_bytes": int}]; an interval of
    #: None: it sends when something happens.
    sensors = models.JSONField(_("sensors"), default=list, blank=True)
    #: The sum of the sensors' counts; None while not known.
    device_count = models.PositiveIntegerField(_("devices"), null=True, blank=True)
    devices_undecided = models.BooleanField(_("devices not decided"), default=False)
    #: [{"name": str, "geometry": GeoJSON Point or Polygon}]; place_name and place follow from the first.
    places = models.JSONField(_("places"), default=list, blank=True)
    place_name = models.TextField(_("place"), blank=True)
    place = models.PointField(_("place on the map"), geography=True, null=True, blank=True)
    place_undecided = models.BooleanField(_("place not decided"), default=False)
    facilities = models.CharField(
        _("use of city facilities"), max_length=10, choices=FacilityUse.choices, blank=True
    )
    facility_name = models.TextField(_("facility"), blank=True)
    facility_owner = models.TextField(_("keeper of the facility"), blank=True)
    period_from = models.DateField(_("trial from"), null=True, blank=True)
    period_until = models.DateField(_("trial until"), null=True, blank=True)
    # Data and safety
    personal_data = models.CharField(
        _("personal data"), max_length=4, choices=PersonalData.choices, blank=True
    )
    personal_data_note = models.TextField(_("which personal data, and how they are kept"), blank=True)
    conformity = models.CharField(
        _("technical conformity"), max_length=10, choices=Conformity.choices, blank=True
    )
    conformity_note = models.TextField(_("conformity numbers"), blank=True)
    sharing = models.CharField(_("sharing of the data"), max_length=10, choices=Sharing.choices, blank=True)
    #: {id of a CallQuestion: str}
    extra_answers = models.JSONField(_("answers to extra questions"), default=dict, blank=True)
    # Course
    #: How many times it was handed in; each time is an ApplicationRevision.
    revision = models.PositiveIntegerField(_("revision"), default=0)
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("copied from")
    )
    returned_at = models.DateTimeField(_("sent back"), null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    return_message = models.TextField(_("what to correct"), blank=True)
    return_until = models.DateTimeField(_("correct until"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decision_reason = models.TextField(_("reason told to the applicant"), blank=True)
    granted_devices = models.PositiveIntegerField(_("devices granted"), null=True, blank=True)
    granted_messages = models.PositiveIntegerField(_("messages a day granted"), null=True, blank=True)
    conditions = models.TextField(_("conditions of the adoption"), blank=True)
    waitlist_rank = models.PositiveSmallIntegerField(_("place on the waiting list"), null=True, blank=True)
    #: Set when the adoption is told: the company answers until then.
    answer_due_at = models.DateTimeField(_("answer until"), null=True, blank=True)
    #: It was on the waiting list and was adopted later; told when that mail is released.
    moved_up_at = models.DateTimeField(_("moved up from the waiting list"), null=True, blank=True)
    #: The adoption that ended and made room for this one.
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", editable=False
    )
    #: Set when the decision mail was released: until then the applicant reads "under review".
    decision_published_at = models.DateTimeField(_("decision told"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered by the company"), null=True, blank=True)
    #: Raised by every write; a form that began from an older one is refused, and nothing typed is lost.
    version = models.PositiveIntegerField(default=1)
    #: Who wrote each answer last, by unit (``domain.answers``).
    written = models.JSONField(default=dict, blank=True, editable=False)
    search_text = models.TextField(blank=True, editable=False)
    search_terms = ArrayField(models.CharField(max_length=8), default=list, blank=True, editable=False)

    objects: ClassVar[ApplicationQuerySet] = ApplicationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["call", "state"], name="calls_application_call"),
            GinIndex(fields=["search_terms"], name="calls_application_search"),
            # What a possible double is looked for by; texts of any length.
            HashIndex(fields=["corporate_number"], name="calls_application_corporate"),
            HashIndex(fields=["title"], name="calls_application_title"),
            models.Index(fields=["-submitted_at", "-id"], name="calls_application_received"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="draft")
                | models.Q(submitted_at__isnull=False)
                | models.Q(state="withdrawn"),
                name="calls_application_submitted_at",
            ),
            models.UniqueConstraint(
                fields=["call", "created_by"],
                condition=models.Q(state="draft"),
                name="calls_application_one_draft",
                violation_error_message=_("You have a draft for this call already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title[:60]}"

    def get_absolute_url(self) -> str:
        return reverse("calls:application-detail", args=[self.code])

    @property
    def decision_is_told(self) -> bool:
        """The decision mail was released."""
        return self.decision_published_at is not None

    @property
    def public_state(self) -> ApplicationState:
        """What the applicant may know: a decision that was not told yet is still under review, one that
        moved up still on the waiting list."""
        if self.state in DECIDED_STATES and not self.decision_is_told:
            return ApplicationState.WAITLISTED if self.moved_up_at else ApplicationState.SUBMITTED
        return ApplicationState(self.state)
