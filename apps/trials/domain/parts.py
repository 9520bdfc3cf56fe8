"""The places and the partners of a trial, written as a whole: afterwards there are those and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.text import clean_line
from apps.organizations.models import Organization
from apps.trials.enums import ParticipantRole, Precision
from apps.trials.models import Participant, Site, Trial
from apps.trials.rules import PlaceFacts
from apps.trials.signals import participant_leaving


def places_write(*, trial: Trial, places: Sequence[PlaceFacts]) -> None:
    """``places`` are the trial's (locked): known ones by their id, others are new."""
    known = {str(site.pk): site for site in Site.objects.filter(trial=trial)}
    kept = {place.id for place in places}
    Site.objects.filter(trial=trial).exclude(pk__in=kept & set(known)).delete()
    for place in places:
        site = known.get(place.id) or Site(trial=trial)
        site.name = clean_line(place.name)
        site.precision = place.precision or Precision.DISTRICT
        located = place.latitude is not None and place.longitude is not None
        site.point = Point(place.longitude, place.latitude, srid=4326) if located else None
        try:
            site.full_clean()
        except ValidationError as error:
            raise InvalidInput(
                _("Some values cannot be accepted."), fields={"places": error.messages}
            ) from None
        site.save()


def partners_write(*, trial: Trial, partners: Mapping[str, str]) -> None:
    """``partners`` (organization → access) take part beside the lead of the trial (locked).

    Whoever leaves is told to apps above first: one of them may refuse.
    """
    rows = Participant.objects.filter(trial=trial, role=ParticipantRole.PARTNER)
    present = {str(row.organization_id): row for row in rows.select_related("organization")}
    for key, row in present.items():
        if key not in partners:
            participant_leaving.send(sender=Participant, trial=trial, organization=row.organization)
            row.delete()
        elif row.access != partners[key]:
            row.access = partners[key]
            row.save(update_fields=["access", "updated_at"])
    found = Organization.objects.present().filter(pk__in=set(partners) - set(present))
    missing = set(partners) - set(present) - {str(row.pk) for row in found}
    if missing or str(trial.organization_id) in partners:
        text = _("Choose an organization that is registered and does not take part yet.")
        raise InvalidInput(text, fields={"partners": [text]})
    for organization in found:
        Participant.objects.create(
            trial=trial,
            organization=organization,
            role=ParticipantRole.PARTNER,
            access=partners[str(organization.pk)],
        )
