"""Trials as the API tells of them: only what the public pages show."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.core.components.states import OUTCOME
from apps.organizations.enums import OrganizationKind
from apps.trials.enums import ParticipantRole, QuotaKind, TrialKind, TrialPhase
from apps.trials.models import Participant, Trial
from apps.trials.selectors import ShownSite, shown_sites
from apps.trials.selectors.statistics import Group, TrialNumbers, YearNumbers
from apps.trials.selectors.workspace import quota_limit


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
    "kind": "application",
    "summary": "水位計を2台置き、差が開いたら見回ります。",
    "summary_en": "",
    "need": "大雨のあと、見回りに半日かかっています。",
    "measure": "詰まりを10件のうち8件、見回りより先に知ること。",
    "learning": "知れなければ、水位差では足りないことがわかります。",
    "themes": ["safety"],
    "fiscal_year": 2026,
    "starts_on": "2027-01-01",
    "ends_on": "2027-06-30",
    "phase": "running",
    "version": 1,
    "outcome": None,
    "organization_kind": "corporation",
    "granted_devices": 20,
    "granted_messages": 4000,
    "participants": [{"name": "株式会社みずおと技研", "role": "lead"}],
    "places": [{"name": "井田川", "latitude": 36.704167, "longitude": 137.21875, "mesh": "55370147"}],
}


@extend_schema_serializer(examples=[OpenApiExample("A trial", value=EXAMPLE)])
class TrialSerializer(serializers.Serializer[Trial]):
    """``outcome``: what its published report says; null before. ``need``, ``measure``, ``learning``: the
    plan, in Japanese."""

    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=TrialKind.choices)
    summary = serializers.CharField(allow_blank=True)
    summary_en = serializers.CharField(allow_blank=True)
    need = serializers.CharField(allow_blank=True)
    measure = serializers.CharField(allow_blank=True)
    learning = serializers.CharField(allow_blank=True)
    themes = serializers.ListField(child=serializers.CharField())
    fiscal_year = serializers.IntegerField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    phase = serializers.SerializerMethodField()
    version = serializers.IntegerField(help_text="Rises with each change of the trial.")
    outcome = serializers.SerializerMethodField()
    organization_kind = serializers.ChoiceField(source="organization.kind", choices=OrganizationKind.choices)
    granted_devices = serializers.SerializerMethodField()
    granted_messages = serializers.SerializerMethodField()
    participants = TrialParticipantSerializer(many=True)
    places = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=TrialPhase.choices))
    def get_phase(self, trial: Trial) -> str:
        return trial.phase().value

    @extend_schema_field(serializers.ChoiceField(choices=list(OUTCOME), allow_null=True))
    def get_outcome(self, trial: Trial) -> str | None:
        outcomes: dict[Any, str] = self.context.get("outcomes", {})
        return outcomes.get(trial.pk)

    def get_granted_devices(self, trial: Trial) -> int:
        return quota_limit(trial=trial, kind=QuotaKind.DEVICES)

    def get_granted_messages(self, trial: Trial) -> int:
        return quota_limit(trial=trial, kind=QuotaKind.MESSAGES)

    @extend_schema_field(TrialPlaceSerializer(many=True))
    def get_places(self, trial: Trial) -> Any:
        sites: Any = shown_sites(trial.sites.all())
        return TrialPlaceSerializer(sites, many=True).data


class YearNumbersSerializer(serializers.Serializer[YearNumbers]):
    """``applications`` is null where they are not known, or the call has not closed."""

    fiscal_year = serializers.IntegerField(source="year")
    applications = serializers.IntegerField(allow_null=True)
    adopted = serializers.IntegerField()
    city = serializers.IntegerField()
    joint = serializers.IntegerField()
    cumulative = serializers.IntegerField()


class GroupNumbersSerializer(serializers.Serializer[Group]):
    code = serializers.CharField(allow_blank=True)
    applications = serializers.IntegerField(allow_null=True)
    adopted = serializers.IntegerField()


#: Sample values.
NUMBERS: dict[str, Any] = {
    "applications": 22,
    "adopted": 4,
    "cumulative": 5,
    "years": [
        {"fiscal_year": 2026, "applications": 22, "adopted": 4, "city": 1, "joint": 0, "cumulative": 5}
    ],
    "themes": [{"code": "safety", "applications": 12, "adopted": 3}],
    "organization_kinds": [{"code": "corporation", "applications": 20, "adopted": 4}],
    "kinds": [
        {"code": "application", "applications": 22, "adopted": 4},
        {"code": "city", "applications": None, "adopted": 1},
    ],
}


@extend_schema_serializer(examples=[OpenApiExample("Numbers", value=NUMBERS)])
class TrialNumbersSerializer(serializers.Serializer[TrialNumbers]):
    """``cumulative``: adopted, the city's own and joint trials in all."""

    applications = serializers.IntegerField()
    adopted = serializers.IntegerField()
    cumulative = serializers.IntegerField()
    years = YearNumbersSerializer(many=True)
    themes = GroupNumbersSerializer(many=True)
    organization_kinds = GroupNumbersSerializer(source="organizations", many=True)
    kinds = GroupNumbersSerializer(many=True)
