"""What just came, for those who asked to be told: webhooks, alerts, topics of an organization."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.organizations.models import Organization


class Listener(models.Model):
    """An organization with somebody to tell; the ingest keeps news for no other."""

    organization = models.OneToOneField(
        Organization, models.CASCADE, primary_key=True, related_name="listener"
    )
    webhooks = models.BooleanField(default=False)
    alerts = models.BooleanField(default=False)
    topics = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("listener")
        verbose_name_plural = _("listeners")

    def __str__(self) -> str:
        return str(self.organization_id)


class News(models.Model):
    """What one batch of the ingest stored for one organization; written in the same transaction.

    ``uplinks``: ``[deduplication id, time]`` of each; ``events``: ``[event id, time]``. The courier takes
    the rows in order and deletes them when everybody has been told or has a message of their own that waits.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    uplinks = models.JSONField(default=list)
    events = models.JSONField(default=list)

    class Meta:
        verbose_name = _("news")
        verbose_name_plural = _("news")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.pk}: {len(self.uplinks)}"
