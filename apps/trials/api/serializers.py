"""Trials as the API tells of them: only what the public pages show."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.trials.enums import ParticipantRole, TrialPhase
from apps.trials.models import Participant, Trial
from apps.trials.selectors import ShownSite, shown_sites


class TrialParticipantSerializer(serializers.Serializer[Participant]):
    name = serializers.CharField(source="organization.name")
    role = serializers.ChoiceField(choices=ParticipantRole.choices)


class TrialPlaceSerializer(serializers.Serializer[ShownSite]):
    """``mesh``: the code (JIS X 0410) of the 1 km square whose centre is given; empty for the very point."""

    name = serializers.CharField(allow_blank=True)
    latitude = serializers.FloatField(source="place.latitude", allow_null=True, default=None)
    longitude = serializers.FloatField(source="place.longitude", allow_null=True, default=None)
    mesh = serializers.SerializerMethodField()

    def get_mesh(self, site: ShownSite) -> str:
        return site.place.mesh if site.place else ""


EXAMPLE: dict[str, Any] = {
    "code": "2026-015",
    "title": "用水路のごみ詰まりを水位差で知る",
    "title_en": "Finding debris in canals by the difference in level",
    "summary": "水位計を2台置き、差が開いたら見回ります。",
    "summary_en": "",
    "fiscal_year": 2026,
    "starts_on": "2027-01-01",
    "ends_on": "2027-06-30",
    "phase": "running",
    "participants": [{"name": "株式会社みずおと技研", "role": "lead"}],
    "places": [{"name": "井田川", "latitude": 36.704167, "longitude": 137.21875, "mesh": "55370147"}],
}


@extend_schema_serializer(examples=[OpenApiExample("A trial", value=EXAMPLE)])
class TrialSerializer(serializers.Serializer[Trial]):
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True)
    summary_en = serializers.CharField(allow_blank=True)
    fiscal_year = serializers.IntegerField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    phase = serializers.SerializerMethodField()
    participants = TrialParticipantSerializer(many=True)
    places = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=TrialPhase.choices))
    def get_phase(self, trial: Trial) -> str:
        return trial.phase().value

    @extend_schema_field(TrialPlaceSerializer(many=True))
    def get_places(self, trial: Trial) -> Any:
        sites: Any = shown_sites(trial.sites.all())
        return TrialPlaceSerializer(sites, many=True).data
