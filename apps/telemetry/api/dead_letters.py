"""/api/v1/dead-letters: messages of the organization's devices that could not be stored."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView

from apps.apikeys.enums import Scope
from apps.core.api import CursorPagination, example, one_of, problems
from apps.telemetry.domain.dead_letter import payload_as_text
from apps.telemetry.enums import DeadLetterReason, DeadLetterState
from apps.telemetry.models import DeadLetter
from apps.telemetry.selectors.dead_letters import advice
from apps.telemetry.selectors.letters_by_key import access_letter_by_key, letters_by_key

_STATE = OpenApiParameter(
    "state", str, enum=DeadLetterState.values, description="Only messages in this state; `kept`: they wait."
)


class NewestReceived(CursorPagination):
    ordering = ("-received_at", "-id")  # type: ignore[assignment]


class DeadLetterSerializer(serializers.Serializer[DeadLetter]):
    """`reason` is to program against, `text` says what to do in the language of `Accept-Language`.
    `withheld`: its content was not kept, since it might hold a position inside a mask zone."""

    id = serializers.UUIDField()
    dev_eui = serializers.CharField(help_text="Of the device that sent it, lower case.")
    received_at = serializers.DateTimeField()
    times = serializers.IntegerField(help_text="How often the same message came.")
    state = serializers.ChoiceField(choices=DeadLetterState.choices)
    reason = serializers.ChoiceField(choices=DeadLetterReason.choices)
    detail = serializers.CharField(allow_blank=True)
    text = serializers.SerializerMethodField()
    withheld = serializers.BooleanField()

    def get_text(self, letter: DeadLetter) -> str:
        return advice(letter)


class WholeDeadLetterSerializer(DeadLetterSerializer):
    """With its content."""

    content = serializers.SerializerMethodField(
        help_text="What came, as text: JSON where it is JSON, else hexadecimal. Empty when `withheld`."
    )

    def get_content(self, letter: DeadLetter) -> str:
        return payload_as_text(letter)


@extend_schema_view(
    get=extend_schema(
        operation_id="dead_letters_list",
        summary="Messages that could not be stored, the newest first",
        tags=["data"],
        parameters=[_STATE],
        responses={200: DeadLetterSerializer(many=True), **problems(401, 403, 404, 422, 429)},
    )
)
class DeadLetterListView(ListAPIView[DeadLetter]):
    """Messages of your devices with the reason. They are stored or discarded in the workspace. Nobody can
    tell their trial, so a key limited to trials sees none. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = DeadLetterSerializer
    pagination_class = NewestReceived

    def get_queryset(self) -> Any:
        if self.request.auth is None:  # the schema is drawn without a key
            return DeadLetter.objects.none()
        state = one_of(self.request, "state", DeadLetterState.values)
        letters = letters_by_key(self.request.auth).defer("payload")
        return letters.filter(state=state) if state else letters


@extend_schema_view(
    get=extend_schema(
        operation_id="dead_letters_get",
        summary="One message that could not be stored",
        tags=["data"],
        responses={200: WholeDeadLetterSerializer, **problems(401, 403, 404, 429)},
    )
)
class DeadLetterView(RetrieveAPIView[DeadLetter]):
    """With its content as it came. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = WholeDeadLetterSerializer

    def get_object(self) -> DeadLetter:
        return access_letter_by_key(key=self.request.auth, pk=self.kwargs["pk"])


_LETTER: dict[str, Any] = {
    "id": "e2b1f1de-6f8e-4d6e-8f5a-0e5b2c9d7a21",
    "dev_eui": "70b3d57ed0060003",
    "received_at": "2027-01-05T10:30:00.402000+09:00",
    "times": 1,
    "state": "kept",
    "reason": "unknown_device",
    "detail": "",
    "text": "The device was not registered when it came. Is it now? Then store it.",
    "withheld": False,
}
example("dead_letters_list", "A message from before the registration", response=_LETTER)
example("dead_letters_get", "With its content", response={**_LETTER, "content": '{\n  "fCnt": 10\n}'})
