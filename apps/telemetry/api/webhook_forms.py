"""Webhooks, their messages and attempts as the API tells of them, and what it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.core.api import KnownFieldsOnly
from apps.telemetry.domain.webhooks import OVERLAPS
from apps.telemetry.enums import NewsKind, WebhookState
from apps.telemetry.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from apps.telemetry.rules.webhook_words import attempt_words
from apps.telemetry.selectors.webhooks import body_as_text, state_of

ID, MESSAGE = "0d4b7a52-6f0e-4a6e-9f3b-2f6f5f0e7a11", "b1a6f1de-6f8e-4d6e-8f5a-0e5b2c9d7a21"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 -- a sample
ASKED: dict[str, Any] = {
    "name": "集計サーバー",
    "url": "https://receiver.example/hook",
    "kinds": ["uplink", "alert"],
    "trials": ["2026-015"],
}
WEBHOOK: dict[str, Any] = {
    "id": ID,
    **ASKED,
    "active": True,
    "state": "ok",
    "failing_since": None,
    "delivered_at": "2026-12-01T09:00:01+09:00",
    "created_at": "2026-11-01T10:00:00+09:00",
}
TOLD: dict[str, Any] = {
    "id": MESSAGE,
    "kind": "uplink",
    "test": False,
    "state": "delivered",
    "attempts": 1,
    "made_at": "2026-12-01T09:00:00+09:00",
    "due_at": None,
    "delivered_at": "2026-12-01T09:00:01+09:00",
    "replay_of": None,
}
TRY: dict[str, Any] = {
    "number": 1,
    "at": "2026-12-01T09:00:00+09:00",
    "took_ms": 84,
    "status": 200,
    "error": "",
    "meaning": "Taken.",
    "request_headers": {"webhook-id": MESSAGE},
    "answer": "ok",
}


@extend_schema_serializer(examples=[OpenApiExample("A webhook", value=WEBHOOK, response_only=True)])
class WebhookSerializer(serializers.Serializer[WebhookEndpoint]):
    """`trials` empty: all of the organization's. `state`: `new`, `ok`, `failing`, `off` or `gone` (the
    receiver answered 410)."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=NewsKind.choices))
    trials = serializers.SerializerMethodField()
    active = serializers.BooleanField(source="is_active")
    state = serializers.SerializerMethodField()
    failing_since = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_trials(self, endpoint: WebhookEndpoint) -> list[str]:
        return [trial.code for trial in endpoint.trials.all()]

    def get_state(self, endpoint: WebhookEndpoint) -> str:
        return state_of(endpoint)


@extend_schema_serializer(
    examples=[OpenApiExample("A new webhook", value={**WEBHOOK, "secret": SECRET}, response_only=True)]
)
class NewWebhookSerializer(WebhookSerializer):
    """With the signing secret, which no later answer holds."""

    secret = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("Readings and alerts", value=ASKED, request_only=True)])
class WebhookInput(KnownFieldsOnly):
    """`url`: https, without user and password. `trials`: their numbers; left out: all."""

    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=500)
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=NewsKind.choices), max_length=10)
    trials = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=200)


@extend_schema_serializer(
    examples=[OpenApiExample("Switch a webhook off", value={"active": False}, request_only=True)]
)
class WebhookChanges(WebhookInput):
    """Only what changes."""

    active = serializers.BooleanField(required=False)


@extend_schema_serializer(examples=[OpenApiExample("A day for both", value={"overlap_hours": 24})])
class SecretInput(KnownFieldsOnly):
    """For how many hours the secrets so far go on signing beside the new one; 0: not at all."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=int(OVERLAPS[-1] / timedelta(hours=1)), required=False, default=24
    )


@extend_schema_serializer(examples=[OpenApiExample("A secret", value={"secret": SECRET})])
class SecretSerializer(serializers.Serializer[Any]):
    """Shown once."""

    secret = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("A message", value=TOLD, response_only=True)])
class MessageSerializer(serializers.Serializer[WebhookMessage]):
    """`id` is the `webhook-id` of every attempt; `due_at` the next one, null when there is none."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=NewsKind.choices)
    test = serializers.BooleanField(source="is_test")
    state = serializers.ChoiceField(choices=WebhookState.choices)
    attempts = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    due_at = serializers.SerializerMethodField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    replay_of = serializers.UUIDField(source="replay_of_id", allow_null=True)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_due_at(self, message: WebhookMessage) -> Any:
        waits = message.state == WebhookState.WAITING
        return serializers.DateTimeField().to_representation(message.due_at) if waits else None


class AttemptSerializer(serializers.Serializer[WebhookAttempt]):
    """One request. `status` is null when no answer came; `error` is a code, `meaning` a sentence."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    took_ms = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    meaning = serializers.SerializerMethodField()
    request_headers = serializers.DictField(child=serializers.CharField())
    answer = serializers.CharField(allow_blank=True)

    def get_meaning(self, attempt: WebhookAttempt) -> str:
        return attempt_words(attempt.status, attempt.error)


@extend_schema_serializer(
    examples=[
        OpenApiExample("A delivery", value={**TOLD, "body": '{"type":"uplink"}', "tries": [TRY]}),
    ]
)
class WholeMessageSerializer(MessageSerializer):
    """With its body, as text, and every attempt."""

    body = serializers.SerializerMethodField()
    tries = serializers.SerializerMethodField()

    def get_body(self, message: WebhookMessage) -> str:
        return body_as_text(message, pretty=False)

    @extend_schema_field(AttemptSerializer(many=True))
    def get_tries(self, message: WebhookMessage) -> Any:
        tries: Any = message.tries.all()
        return AttemptSerializer(tries, many=True).data


_STRETCH = {"since": "2026-12-01T00:00:00+09:00", "until": "2026-12-02T00:00:00+09:00", "dry_run": True}


@extend_schema_serializer(examples=[OpenApiExample("How many of a day", value=_STRETCH)])
class StretchInput(KnownFieldsOnly):
    """Messages made from `since` on and before `until`. `dry_run`: only count them."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    failed_only = serializers.BooleanField(required=False, default=True)
    dry_run = serializers.BooleanField(required=False, default=False)


@extend_schema_serializer(examples=[OpenApiExample("Counted", value={"messages": 12, "sent": False})])
class StretchSerializer(serializers.Serializer[Any]):
    """`sent`: they are on their way; false after a `dry_run`."""

    messages = serializers.IntegerField()
    sent = serializers.BooleanField()
