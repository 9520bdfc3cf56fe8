"""Companies, institutes and the people who belong to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.enums import OrganizationKind, Role

if TYPE_CHECKING:
    from apps.accounts.models import User


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, actor: User | Any) -> OrganizationQuerySet:
        """Those the actor belongs to; staff see all. One that was merged into another is not shown."""
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self.present()
        return self.present().filter(memberships__user=actor)

    def present(self) -> OrganizationQuerySet:
        """Without those that were merged into another."""
        return self.filter(merged_into__isnull=True)


class Organization(UUIDModel, TimeStampedModel):
    """A tenant. Its corporate number is not unique: typing a known one must reveal nothing."""

    kind = models.CharField(_("kind"), max_length=12, choices=OrganizationKind.choices)
    name = models.CharField(_("name"), max_length=200)
    name_kana = models.CharField(_("name in kana"), max_length=200, blank=True)
    corporate_number = models.CharField(_("corporate number"), max_length=13, blank=True, db_index=True)
    website = models.URLField(_("website"), blank=True)
    #: The organization that holds now what this one held: old links lead there.
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    merged_at = models.DateTimeField(_("merged"), null=True, blank=True, editable=False)

    objects: ClassVar[OrganizationQuerySet] = OrganizationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="organizations_not_merged_into_itself",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organizations:workspace", args=[self.pk])


class Membership(UUIDModel, TimeStampedModel):
    """A person's role in an organization."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="organizations_membership_once",
                violation_error_message=_("This person belongs to the organization already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"


class Invitation(UUIDModel, TimeStampedModel):
    """An invitation by mailed link; only the link's hash is kept."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email


class OrganizationDomain(UUIDModel, TimeStampedModel):
    """A mail domain that staff know to be of an organization, for finding conflicts of interest."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="mail_domains")
    domain = models.CharField(_("mail domain"), max_length=253)
    note = models.CharField(_("note"), max_length=200, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("mail domain of an organization")
        verbose_name_plural = _("mail domains of organizations")
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "domain"],
                name="organizations_domain_once",
                violation_error_message=_("This domain is marked already."),
            )
        ]

    def __str__(self) -> str:
        return self.domain
