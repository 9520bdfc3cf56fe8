"""/api/v1/alerts and /alert-rules: what began and ended, and by which rules."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request

from apps.apikeys.enums import Scope
from apps.core.api import BadParameter, CursorPagination, example, one_of, problems
from apps.telemetry.enums import AlertEnd, AlertKind, Direction
from apps.telemetry.models import AlertEpisode, AlertRule
from apps.telemetry.selectors.alerts import episodes_by_key, rules_by_key

_READ = problems(401, 403, 404, 422, 429)
_TRIAL = OpenApiParameter("trial", str, description="Only of this trial (its number).")
_STATES = ("open", "over")


def _device(request: Request) -> uuid.UUID | None:
    """The parameter ``device``; 422 in words when it is no id."""
    text = request.query_params.get("device")
    try:
        return None if text is None else uuid.UUID(text)
    except ValueError:
        raise BadParameter(_("Give the id of a device."), name="device") from None


class NewestBegun(CursorPagination):
    ordering = ("-began_at", "-id")  # type: ignore[assignment]


class NewestMade(CursorPagination):
    ordering = ("-created_at", "-id")  # type: ignore[assignment]


class AlertRuleSerializer(serializers.ModelSerializer[AlertRule]):
    """A rule. `limit`, `release` and `direction` belong to values and batteries, `states` to states."""

    trial = serializers.CharField(source="trial.code", help_text="The trial's number.")
    kind = serializers.ChoiceField(choices=AlertKind.choices)
    direction = serializers.ChoiceField(choices=[*Direction.choices, ("", "")])
    states = serializers.ListField(child=serializers.CharField(), help_text="Codes of states that matter.")
    devices = serializers.SerializerMethodField(help_text="Ids of the devices named; empty: all.")
    on = serializers.BooleanField(source="is_on")
    release = serializers.FloatField(allow_null=True, help_text="The alert ends here; null: at the limit.")
    minutes = serializers.IntegerField(help_text="How long it must last; silence: how long nothing came.")
    mail_to = serializers.IntegerField(help_text="How many people get a mail.")
    by_webhook = serializers.BooleanField(help_text="Whether the webhooks are told too.")
    quiet_from = serializers.TimeField(allow_null=True, help_text="From then on (Japan) mails are held back.")
    quiet_until = serializers.TimeField(allow_null=True, help_text="Then they are sent.")

    class Meta:
        model = AlertRule
        fields = (
            "id", "name", "kind", "on", "trial", "devices", "field", "direction", "limit", "release",
            "minutes", "states", "mail_to", "by_webhook", "quiet_from", "quiet_until", "created_at",
            "updated_at",
        )  # fmt: skip

    def get_devices(self, rule: AlertRule) -> list[str]:
        return sorted(str(device.pk) for device in rule.devices.all())


class AlertSerializer(serializers.ModelSerializer[AlertEpisode]):
    """An alert from its beginning to its end; `ended_at` is null while it is open."""

    rule = serializers.UUIDField(source="rule_id")
    rule_name = serializers.CharField(source="rule.name")
    trial = serializers.CharField(source="rule.trial.code", help_text="The trial's number.")
    device = serializers.UUIDField(source="device_id")
    device_name = serializers.CharField(source="device.name")
    value = serializers.FloatField(allow_null=True, help_text="The value that it began with.")
    worst = serializers.FloatField(allow_null=True, help_text="The value farthest beyond the limit.")
    end_value = serializers.FloatField(allow_null=True, help_text="The value that it ended with.")
    state = serializers.CharField(help_text="The device's state that it began with, for rules on states.")
    end_reason = serializers.ChoiceField(choices=[*AlertEnd.choices, ("", "")])
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()

    class Meta:
        model = AlertEpisode
        fields = (
            "id", "rule", "rule_name", "trial", "device", "device_name", "began_at", "ended_at", "end_reason",
            "value", "worst", "end_value", "state", "acknowledged_at", "note",
        )  # fmt: skip


@extend_schema_view(
    get=extend_schema(
        operation_id="alerts_list",
        summary="Alerts, the newest first",
        tags=["alerts"],
        parameters=[
            OpenApiParameter("state", str, enum=_STATES, description="Only open ones, or only those over."),
            _TRIAL,
            OpenApiParameter("device", OpenApiTypes.UUID, description="Only of this device (its id)."),
        ],
        responses={200: AlertSerializer(many=True), **_READ},
    )
)
class AlertListView(ListAPIView[AlertEpisode]):
    """What your organization's rules told of. Follow `next` until it is null. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = AlertSerializer
    pagination_class = NewestBegun

    def get_queryset(self) -> Any:
        if self.request.auth is None:  # the schema is drawn without a key
            return AlertEpisode.objects.none()
        found = episodes_by_key(self.request.auth, self.request.query_params.get("trial"))
        device = _device(self.request)
        found = found.filter(device=device) if device else found
        state = one_of(self.request, "state", _STATES)
        return found.filter(ended_at__isnull=state == "open") if state else found


@extend_schema_view(
    get=extend_schema(
        operation_id="alert_rules_list",
        summary="Alert rules, the newest first",
        tags=["alerts"],
        parameters=[_TRIAL],
        responses={200: AlertRuleSerializer(many=True), **_READ},
    )
)
class AlertRuleListView(ListAPIView[AlertRule]):
    """Rules are made and changed on the pages of the trial. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = AlertRuleSerializer
    pagination_class = NewestMade

    def get_queryset(self) -> Any:
        if self.request.auth is None:  # the schema is drawn without a key
            return AlertRule.objects.none()
        return rules_by_key(self.request.auth, self.request.query_params.get("trial"))


_RULE = "24d2406b-7c36-4af8-975c-48b9278f58d1"
_DEVICE = "bb9e2587-b6d8-4e6c-b35b-cea12b0d18e2"
example(
    "alerts_list",
    "A high level of water",
    parameters={"state": "open"},
    response={
        "id": "c90c3e35-8b0f-4819-b0b5-f55f1389f26b",
        "rule": _RULE,
        "rule_name": "水位が高い",
        "trial": "2026-015",
        "device": _DEVICE,
        "device_name": "WL-03",
        "began_at": "2026-12-03T17:15:03+09:00",
        "ended_at": None,
        "end_reason": "",
        "value": 1.62,
        "worst": 1.71,
        "end_value": None,
        "state": "",
        "acknowledged_at": None,
        "note": "",
    },
)
example(
    "alert_rules_list",
    "A limit with hysteresis",
    response={
        "id": _RULE,
        "name": "水位が高い",
        "kind": "threshold",
        "on": True,
        "trial": "2026-015",
        "devices": [],
        "field": "level",
        "direction": "above",
        "limit": 1.5,
        "release": 1.2,
        "minutes": 20,
        "states": [],
        "mail_to": 2,
        "by_webhook": True,
        "quiet_from": "22:00:00",
        "quiet_until": "07:00:00",
        "created_at": "2026-11-20T10:00:00+09:00",
        "updated_at": "2026-11-20T10:05:00+09:00",
    },
)
