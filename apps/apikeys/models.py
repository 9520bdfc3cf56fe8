"""API keys: a kind prefix, a lookup part, a secret kept only as HMAC."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.apikeys.enums import Scope
from apps.core import clock
from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.models import Organization
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, actor: User | Any) -> ApiKeyQuerySet:
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        return self.filter(organization__memberships__user=actor)


class ApiKey(UUIDModel, TimeStampedModel):
    """A key of an organization, limited to scopes and to trials (none: all of the organization's)."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=80)
    lookup = models.CharField(_("key begins with"), max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope.choices), verbose_name=_("may"))
    trials = models.ManyToManyField(Trial, blank=True, related_name="api_keys", verbose_name=_("trials"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.lookup}…)"

    def is_usable(self, at: datetime | None = None) -> bool:
        return self.revoked_at is None and self.expires_at > (at or clock.now())
