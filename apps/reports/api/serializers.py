"""Published reports as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.reports.models import Report
from apps.reports.rules import lines
from apps.trials.selectors import shown_sites


class PlaceSerializer(serializers.Serializer[Any]):
    """A place as exactly as the public may know it; ``mesh``: JIS X 0410 code, empty for the very point."""

    name = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    mesh = serializers.CharField()


class ReportRowSerializer(serializers.ModelSerializer[Report]):
    """One row of the list."""

    code = serializers.CharField(source="trial.code", help_text="The trial's number.")
    fiscal_year = serializers.IntegerField(source="trial.fiscal_year")
    title = serializers.CharField(source="trial.title")
    title_en = serializers.CharField(source="trial.title_en")
    organization = serializers.CharField(source="trial.organization.name")
    places = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = (
            "code",
            "fiscal_year",
            "title",
            "title_en",
            "organization",
            "outcome",
            "summary",
            "places",
            "published_at",
            "updated_at",
        )

    @extend_schema_field(PlaceSerializer(many=True))
    def get_places(self, report: Report) -> list[dict[str, Any]]:
        return [
            {
                "name": site.name,
                "latitude": site.place.latitude if site.place else None,
                "longitude": site.place.longitude if site.place else None,
                "mesh": site.place.mesh if site.place else "",
            }
            for site in shown_sites(report.trial.sites.all())
        ]


class ReportSerializer(ReportRowSerializer):
    """A whole report; texts of several lines are lists."""

    starts_on = serializers.DateField(source="trial.starts_on")
    ends_on = serializers.DateField(source="trial.ends_on")
    did_not_work = serializers.SerializerMethodField()
    learned = serializers.SerializerMethodField()

    class Meta(ReportRowSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *ReportRowSerializer.Meta.fields,
            "starts_on",
            "ends_on",
            "hypothesis",
            "measured",
            "did_not_work",
            "learned",
            "next_step",
        )

    def get_did_not_work(self, report: Report) -> list[str]:
        return lines(report.did_not_work)

    def get_learned(self, report: Report) -> list[str]:
        return lines(report.learned)
