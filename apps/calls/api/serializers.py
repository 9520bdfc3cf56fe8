"""Published calls as JSON."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.calls.enums import CallPhase
from apps.calls.models import Call


class CallRowSerializer(serializers.ModelSerializer[Call]):
    """One row of the list. ``*_en`` is empty where there is no English text."""

    phase = serializers.SerializerMethodField(help_text="What the public sees now; follows from the dates.")
    url = serializers.SerializerMethodField(help_text="The public page.")

    class Meta:
        model = Call
        fields = (
            "code",
            "fiscal_year",
            "title",
            "title_en",
            "summary",
            "summary_en",
            "phase",
            "opens_at",
            "closes_at",
            "decision_on",
            "trial_from",
            "trial_until",
            "url",
        )

    @extend_schema_field(serializers.ChoiceField(choices=CallPhase.choices))
    def get_phase(self, call: Call) -> str:
        return str(call.phase())

    @extend_schema_field(serializers.URLField())
    def get_url(self, call: Call) -> str:
        return settings.BASE_URL + call.get_absolute_url()


class CallSerializer(CallRowSerializer):
    """A whole call. ``device_quota``: devices of one trial; ``message_quota``: its messages a day."""

    class Meta(CallRowSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *CallRowSerializer.Meta.fields,
            "lent",
            "lent_en",
            "eligible",
            "eligible_en",
            "conditions",
            "conditions_en",
            "device_quota",
            "message_quota",
            "published_at",
            "results_published_at",
        )
