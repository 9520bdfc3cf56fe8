"""/api/v1/webhooks: what an engineer does on the pages of webhooks, by a key with the scope `webhooks`."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core.api import CursorPagination, one_of, problems
from apps.core.errors import InvalidInput
from apps.telemetry.api import webhook_forms as forms
from apps.telemetry.domain.replaying import message_replay, messages_replay, replayable, webhook_test
from apps.telemetry.domain.webhooks import (
    webhook_change,
    webhook_create,
    webhook_delete,
    webhook_rotate,
    webhook_switch,
)
from apps.telemetry.enums import WebhookState
from apps.telemetry.models import WebhookEndpoint, WebhookMessage
from apps.telemetry.selectors.webhooks import (
    access_message,
    access_webhook_by_key,
    messages_of,
    webhooks_of_key,
)
from apps.trials.models import Trial
from apps.trials.selectors import trials_of

_READ = problems(401, 403, 404, 429)
_WRITE = problems(400, 401, 403, 404, 409, 415, 422, 429)
_TAGS: Any = ["webhooks"]


class _View:
    required_scopes: ClassVar = (Scope.WEBHOOKS,)


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-id")  # type: ignore[assignment]


class NewestMade(CursorPagination):
    ordering = ("-made_at", "-id")  # type: ignore[assignment]


def _checked(form: type[Any], request: Request, **more: Any) -> dict[str, Any]:
    given = form(data=request.data, **more)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _trials(key: Any, codes: list[str]) -> list[Trial]:
    """The trials named by ``codes``; a key limited to trials must name some of its own."""
    allowed = trials_of(key.organization)
    limited = list(key.trials.values_list("pk", flat=True))
    allowed = allowed.filter(pk__in=limited) if limited else allowed
    found = list(allowed.filter(code__in=codes))
    if len(found) != len(set(codes)) or (limited and not codes):
        text = _("Name trials of your organization that the key may see.")
        raise InvalidInput(_("Some values cannot be accepted."), fields={"trials": [text]})
    return found


@extend_schema_view(
    get=extend_schema(
        operation_id="webhooks_list",
        summary="Webhooks of your organization",
        tags=_TAGS,
        responses={200: forms.WebhookSerializer(many=True), **problems(400, 401, 403, 404, 422, 429)},
    ),
    post=extend_schema(
        operation_id="webhooks_create",
        summary="Make a webhook",
        tags=_TAGS,
        description="Scope `webhooks`. The answer holds the signing secret; no later one does.",
        request=forms.WebhookInput,
        responses={201: forms.NewWebhookSerializer, **_WRITE},
    ),
)
class WebhookListView(_View, ListAPIView[WebhookEndpoint]):
    """A key limited to trials sees the webhooks limited to no others. Scope `webhooks`."""

    serializer_class = forms.WebhookSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        if self.request.auth is None:  # the schema is drawn without a key
            return WebhookEndpoint.objects.none()
        return webhooks_of_key(self.request.auth).prefetch_related("trials")

    @sensitive_variables("secret")
    def post(self, request: Request) -> Response:
        values = _checked(forms.WebhookInput, request)
        key: Any = request.auth
        values["trials"] = _trials(key, values.get("trials", []))
        endpoint, secret = webhook_create(organization=key.organization, actor=None, **values)
        headers = {"Location": reverse("api-webhook-detail", args=[endpoint.pk]), "Cache-Control": "no-store"}
        told = {**forms.WebhookSerializer(endpoint).data, "secret": secret}
        return Response(told, status=201, headers=headers)


@extend_schema_view(
    get=extend_schema(
        operation_id="webhooks_get",
        summary="One webhook",
        tags=_TAGS,
        responses={200: forms.WebhookSerializer, **_READ},
    ),
    patch=extend_schema(
        operation_id="webhooks_change",
        summary="Change a webhook, or switch it on or off",
        tags=_TAGS,
        description="Scope `webhooks`.",
        request=forms.WebhookChanges,
        responses={200: forms.WebhookSerializer, **_WRITE},
    ),
    delete=extend_schema(
        operation_id="webhooks_delete",
        summary="Remove a webhook and its log",
        tags=_TAGS,
        description="Scope `webhooks`. What waits is not sent.",
        responses={204: None, **_READ},
    ),
)
class WebhookDetailView(_View, RetrieveAPIView[WebhookEndpoint]):
    """One webhook by its id. Scope `webhooks`."""

    serializer_class = forms.WebhookSerializer

    def get_object(self) -> WebhookEndpoint:
        return access_webhook_by_key(key=self.request.auth, pk=self.kwargs["pk"])

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        endpoint = self.get_object()
        values = _checked(forms.WebhookChanges, request, partial=True)
        active = values.pop("active", None)
        if "trials" in values:
            values["trials"] = _trials(request.auth, values["trials"])
        if values:
            endpoint = webhook_change(endpoint=endpoint, actor=None, **values)
        if active is not None:
            endpoint = webhook_switch(endpoint=endpoint, actor=None, on=active)
        return Response(forms.WebhookSerializer(endpoint).data)

    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        webhook_delete(endpoint=self.get_object(), actor=None)
        return Response(status=204)


class WebhookSecretView(_View, APIView):
    """A new signing secret."""

    @extend_schema(
        operation_id="webhooks_secret_replace",
        summary="Replace the signing secret",
        tags=_TAGS,
        description="Scope `webhooks`. The answer holds the new secret; no later one does.",
        request=forms.SecretInput,
        responses={200: forms.SecretSerializer, **_WRITE},
    )
    @sensitive_variables("secret")
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        endpoint = access_webhook_by_key(key=request.auth, pk=pk)
        hours = _checked(forms.SecretInput, request)["overlap_hours"]
        secret = webhook_rotate(endpoint=endpoint, actor=None, overlap=timedelta(hours=hours))
        return Response({"secret": secret}, headers={"Cache-Control": "no-store"})


class WebhookTestView(_View, APIView):
    """A message of type `test`."""

    @extend_schema(
        operation_id="webhooks_test",
        summary="Send a test message",
        tags=_TAGS,
        description="Scope `webhooks`. 409 `webhook_off` while the webhook is off.",
        request=None,
        responses={202: forms.MessageSerializer, **_WRITE},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        message = webhook_test(endpoint=access_webhook_by_key(key=request.auth, pk=pk), actor=None)
        return Response(forms.MessageSerializer(message).data, status=202)


_STATE = OpenApiParameter("state", str, enum=WebhookState.values, description="Only messages in this state.")


@extend_schema_view(
    get=extend_schema(
        operation_id="webhooks_messages_list",
        summary="The log of a webhook, the newest first",
        tags=_TAGS,
        parameters=[_STATE],
        responses={200: forms.MessageSerializer(many=True), **problems(400, 401, 403, 404, 422, 429)},
    )
)
class MessageListView(_View, ListAPIView[WebhookMessage]):
    """Messages of the last 30 days. Scope `webhooks`."""

    serializer_class = forms.MessageSerializer
    pagination_class = NewestMade

    def get_queryset(self) -> Any:
        if self.request.auth is None:  # the schema is drawn without a key
            return WebhookMessage.objects.none()
        endpoint = access_webhook_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        return messages_of(endpoint, one_of(self.request, "state", WebhookState.values))


@extend_schema_view(
    get=extend_schema(
        operation_id="webhooks_messages_get",
        summary="One message with every request and answer",
        tags=_TAGS,
        responses={200: forms.WholeMessageSerializer, **_READ},
    )
)
class MessageDetailView(_View, RetrieveAPIView[WebhookMessage]):
    """With the body as sent, signed headers and the first 4 kB of each answer. Scope `webhooks`."""

    serializer_class = forms.WholeMessageSerializer

    def get_object(self) -> WebhookMessage:
        endpoint = access_webhook_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        return access_message(endpoint=endpoint, pk=self.kwargs["message"])


class MessageReplayView(_View, APIView):
    """One message again."""

    @extend_schema(
        operation_id="webhooks_messages_replay",
        summary="Send a message again",
        tags=_TAGS,
        description="Scope `webhooks`. The same body under a new id; `replay_of` names the old one.",
        request=None,
        responses={202: forms.MessageSerializer, **_WRITE},
    )
    def post(self, request: Request, pk: uuid.UUID, message: uuid.UUID) -> Response:
        endpoint = access_webhook_by_key(key=request.auth, pk=pk)
        again = message_replay(message=access_message(endpoint=endpoint, pk=message), actor=None)
        return Response(forms.MessageSerializer(again).data, status=202)


class WebhookReplayView(_View, APIView):
    """All of a stretch of time again."""

    @extend_schema(
        operation_id="webhooks_replay",
        summary="Send the messages of a period again",
        tags=_TAGS,
        description="Scope `webhooks`. Up to 10,000 messages at once. Count them first with `dry_run`.",
        request=forms.StretchInput,
        responses={200: forms.StretchSerializer, **_WRITE},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        endpoint = access_webhook_by_key(key=request.auth, pk=pk)
        values = _checked(forms.StretchInput, request)
        dry = values.pop("dry_run")
        if dry:
            return Response({"messages": replayable(endpoint=endpoint, **values).count(), "sent": False})
        return Response({"messages": messages_replay(endpoint=endpoint, actor=None, **values), "sent": True})
