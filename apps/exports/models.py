"""Files of data that people and programs ask for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.exports.enums import OPEN, ExportFormat, ExportState
from apps.organizations.models import Organization

if TYPE_CHECKING:
    from apps.accounts.models import User


class ExportJobQuerySet(models.QuerySet["ExportJob"]):
    def visible_to(self, actor: User | Any) -> ExportJobQuerySet:
        """Those of the actor's organizations; staff see all."""
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        return self.filter(organization__memberships__user=actor)

    def open(self) -> ExportJobQuerySet:
        return self.filter(state__in=OPEN)

    def due(self, at: datetime) -> ExportJobQuerySet:
        """Ready files whose days are over."""
        return self.filter(state=ExportState.DONE, expires_at__lte=at)


class ExportJob(UUIDModel, TimeStampedModel):
    """One file, asked for, made in slices by the worker, kept for some days.

    ``params`` are those of its ``kind`` (``rules.kinds``); ``subject`` what keys of the API may be limited
    to (a trial). ``cursor`` is the place up to which ``parts`` (names in the storage of exports) hold the
    rows; ``file`` is the one file that came of them.
    """

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="exports", verbose_name=_("organization")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: The name of the API key that asked; empty when a person did.
    key_name = models.CharField(_("asked by key"), max_length=80, blank=True)
    kind = models.CharField(_("kind"), max_length=40)
    params = models.JSONField(_("what was asked"), default=dict)
    subject = models.UUIDField(null=True, blank=True)
    format = models.CharField(_("format"), max_length=5, choices=ExportFormat.choices)
    gzip = models.BooleanField(_("compressed"), default=False)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="ja")
    state = models.CharField(
        _("state"), max_length=9, choices=ExportState.choices, default=ExportState.WAITING
    )
    rows_total = models.PositiveBigIntegerField(_("rows expected"), null=True, blank=True)
    rows_done = models.PositiveBigIntegerField(_("rows"), default=0)
    columns = models.JSONField(default=list, blank=True)
    cursor = models.JSONField(null=True, blank=True)
    parts = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("size"), null=True, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    error = models.CharField(_("why it failed"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("begun"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    expires_at = models.DateTimeField(_("deleted on"), null=True, blank=True)

    objects: ClassVar[ExportJobQuerySet] = ExportJobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="exports_of_organization"),
            models.Index(
                fields=["expires_at"], name="exports_due", condition=models.Q(state=ExportState.DONE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def suffix(self) -> str:
        """``.csv``, ``.jsonl``, either with ``.gz``."""
        return f".{self.format}{'.gz' if self.gzip else ''}"

    @property
    def rows_shown(self) -> int:
        """What the bar ends at: rows may have come since they were counted."""
        return max(self.rows_total or 0, self.rows_done, 1)
