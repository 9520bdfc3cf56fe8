"""Keeping the words by which everyone finds a trial: only what its public page says."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.core.search import indexed
from apps.trials.models import Participant, Site, Trial, TrialSearch

#: Fields of the trial that everyone reads.
FOUND_BY = ("code", "title", "title_en", "summary", "summary_en", "need", "measure", "learning")
_BATCH = 500


@transaction.atomic
def trials_index(*, trials: Iterable[Trial]) -> int:
    """Write anew by which words ``trials`` are found; how many. Of a hidden place nothing is kept.

    Three queries for each 500 trials. Rows that are already gone are passed over.
    """
    rows = list(trials)
    for start in range(0, len(rows), _BATCH):
        _index(rows[start : start + _BATCH])
    return len(rows)


def _index(rows: list[Trial]) -> None:
    keys = [row.pk for row in rows]
    words: dict[object, list[str]] = {row.pk: [str(getattr(row, name)) for name in FOUND_BY] for row in rows}
    for trial, name in (
        Site.objects.filter(trial__in=keys).exclude(precision="hidden").values_list("trial", "name")
    ):
        words[trial].append(name)
    participants = Participant.objects.filter(trial__in=keys).values_list("trial", "organization__name")
    for trial, name in participants:
        words[trial].append(name)
    found = []
    for row in rows:
        text, terms = indexed(*words[row.pk])
        found.append(TrialSearch(trial=row, text=text, terms=terms))
    TrialSearch.objects.bulk_create(
        found, update_conflicts=True, unique_fields=["trial"], update_fields=["text", "terms"]
    )
