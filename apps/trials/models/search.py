"""What a trial is found by, apart from it: lists of trials never read these words."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.trials.models.trial import Trial


class TrialSearch(models.Model):
    """The public words of a trial as ``core.search.indexed`` gives them; written by ``domain.indexing``."""

    trial = models.OneToOneField(Trial, models.CASCADE, primary_key=True, related_name="search")
    text = models.TextField(blank=True, editable=False)
    terms = ArrayField(models.CharField(max_length=8), default=list, blank=True, editable=False)

    class Meta:
        indexes = [GinIndex(fields=["terms"], name="trials_search_terms")]

    def __str__(self) -> str:
        return str(self.trial_id)
