"""/api/v1/device-models/{id}/codecs and beside it: what an engineer does in the workbench, by API."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core.api import CursorPagination, idempotent, problems
from apps.core.errors import InvalidInput
from apps.devices.api.codec_forms import (
    CheckedSerializer,
    CheckSerializer,
    CodecExampleSerializer,
    CodecSerializer,
    NewCodecSerializer,
    NewExampleSerializer,
    TriedSerializer,
    TrySerializer,
    WholeCodecSerializer,
)
from apps.devices.api.inputs import checked
from apps.devices.api.own_models import READ, TAGS, WRITE, OfDevices
from apps.devices.domain import (
    codec_publish,
    codec_set_state,
    example_delete,
    example_save,
    examples_run,
)
from apps.devices.domain.codec_trial import codec_try, trial_runner
from apps.devices.enums import CodecState
from apps.devices.models import CodecExample, CodecVersion, DeviceModel
from apps.devices.selectors import newest_codec
from apps.devices.selectors.models_by_key import (
    access_codec,
    access_codec_example,
    access_own_model_by_key,
    codecs_of,
)


class NewestVersion(CursorPagination):
    ordering = ("-version",)  # type: ignore[assignment]


class InOrder(CursorPagination):
    ordering = ("created_at", "id")  # type: ignore[assignment]


def _given(form: type[Any], request: Request) -> dict[str, Any]:
    serializer = form(data=request.data)
    checked(serializer, request.data)
    return dict(serializer.validated_data)


def _told(model: DeviceModel, version: int, status: int = 200, **headers: str) -> Response:
    """The version as it is now, with its text."""
    codec = access_codec(model=model, version=version)
    return Response(WholeCodecSerializer(codec).data, status=status, headers=headers)


@extend_schema_view(
    get=extend_schema(
        operation_id="codecs_list",
        summary="Versions of a model's codec, the newest first",
        tags=TAGS,
        responses={200: CodecSerializer(many=True), **READ},
    ),
    post=extend_schema(
        operation_id="codecs_create",
        summary="Publish a new version of a codec",
        tags=TAGS,
        description="Scope `write:devices`. It decodes from now on, if it runs and agrees with every example "
        "(else 409 `examples_fail`, `failing` names them). The text that decodes already makes no new "
        "version: 200 in place of 201.",
        request=NewCodecSerializer,
        responses={200: WholeCodecSerializer, 201: WholeCodecSerializer, **WRITE},
    ),
)
class CodecListView(OfDevices, ListAPIView[CodecVersion]):
    """Of a model of your own, without their texts. Scope `read:devices`."""

    serializer_class = CodecSerializer
    pagination_class = NewestVersion

    def get_queryset(self) -> QuerySet[CodecVersion]:
        if self.request.auth is None:  # the schema is drawn without a key
            return CodecVersion.objects.none()
        model = access_own_model_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        return codecs_of(model).defer("script")

    @idempotent
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        values = _given(NewCodecSerializer, request)
        before = codecs_of(model).order_by("-version").values_list("version", flat=True).first() or 0
        with trial_runner() as runner:
            codec = codec_publish(model=model, actor=None, runner=runner, **values)
        where = reverse("api-codec-detail", args=[model.pk, codec.version])
        return _told(model, codec.version, 201 if codec.version > before else 200, Location=where)


@extend_schema_view(
    get=extend_schema(
        operation_id="codecs_get",
        summary="One version of a codec, with its text",
        tags=TAGS,
        responses={200: WholeCodecSerializer, **READ},
    ),
)
class CodecView(RetrieveAPIView[CodecVersion]):
    """Of a model of your own. Scope `read:devices`."""

    required_scopes = (Scope.READ_DEVICES,)
    serializer_class = WholeCodecSerializer

    def get_object(self) -> CodecVersion:
        model = access_own_model_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        return access_codec(model=model, version=self.kwargs["version"])


class _StateView(APIView):
    required_scopes = (Scope.WRITE_DEVICES,)
    state: CodecState

    def post(self, request: Request, pk: uuid.UUID, version: int) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        codec = access_codec(model=model, version=version)
        codec_set_state(codec=codec, state=self.state, actor=None)
        return _told(model, version)


@extend_schema_view(
    post=extend_schema(
        operation_id="codecs_withdraw",
        summary="Take a version of a codec back",
        tags=TAGS,
        request=None,
        responses={200: WholeCodecSerializer, **problems(401, 403, 404, 409, 429)},
    ),
)
class CodecWithdrawView(_StateView):
    """The one before it decodes then, if there is one. Scope `write:devices`."""

    state = CodecState.WITHDRAWN


@extend_schema_view(
    post=extend_schema(
        operation_id="codecs_use",
        summary="Use a version again that was taken back or stopped",
        tags=TAGS,
        request=None,
        responses={200: WholeCodecSerializer, **problems(401, 403, 404, 409, 429)},
    ),
)
class CodecUseView(_StateView):
    """It decodes if no higher one does. Scope `write:devices`."""

    state = CodecState.ACTIVE


@extend_schema_view(
    post=extend_schema(
        operation_id="codecs_try",
        summary="Try a codec",
        tags=TAGS,
        request=TrySerializer,
        responses={200: TriedSerializer, **WRITE},
    ),
)
class CodecTryView(APIView):
    """Calls one function once, apart from the portal; nothing is kept. Without `script` it tries the version
    that decodes. Too many at once: 409 `busy`. Scope `write:devices`."""

    required_scopes = (Scope.WRITE_DEVICES,)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk)
        values = _given(TrySerializer, request)
        if "script" not in values:
            codec = newest_codec(model)
            if codec is None:
                words = _("No version decodes now. Send the text.")
                raise InvalidInput(words, fields={"script": [words]})
            values["script"] = codec.script
        return Response(TriedSerializer(codec_try(**values)).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="codecs_check",
        summary="Try a codec on all examples",
        tags=TAGS,
        request=CheckSerializer,
        responses={200: CheckedSerializer, **WRITE},
    ),
)
class CodecCheckView(APIView):
    """What publishing this text would meet, field by field; nothing is kept. Scope `write:devices`."""

    required_scopes = (Scope.WRITE_DEVICES,)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk)
        script = _given(CheckSerializer, request)["script"]
        examples = list(CodecExample.objects.filter(model=model))
        with trial_runner() as runner:
            results = examples_run(script=script, examples=examples, runner=runner)
        told = {"passed": all(result.passed for result in results), "results": results}
        return Response(CheckedSerializer(told).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="codec_examples_list",
        summary="Examples that a new version has to agree with",
        tags=TAGS,
        responses={200: CodecExampleSerializer(many=True), **READ},
    ),
    post=extend_schema(
        operation_id="codec_examples_create",
        summary="Keep an example of a codec",
        tags=TAGS,
        description="Scope `write:devices`. A model has 50 at most.",
        request=NewExampleSerializer,
        responses={201: CodecExampleSerializer, **WRITE},
    ),
)
class CodecExampleListView(OfDevices, ListAPIView[CodecExample]):
    """Of a model of your own, the oldest first. Scope `read:devices`."""

    serializer_class = CodecExampleSerializer
    pagination_class = InOrder

    def get_queryset(self) -> QuerySet[CodecExample]:
        if self.request.auth is None:  # the schema is drawn without a key
            return CodecExample.objects.none()
        model = access_own_model_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        return CodecExample.objects.filter(model=model)

    @idempotent
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        example = CodecExample(model=model, **_given(NewExampleSerializer, request))
        try:
            example_save(example=example, actor=None)
        except InvalidInput as error:
            names = {"__all__": "name", "payload": "payload_hex"}
            fields = {names.get(name, name): texts for name, texts in error.fields.items()}
            raise InvalidInput(error.message, fields=fields) from None
        return Response(CodecExampleSerializer(example).data, status=201)


@extend_schema_view(
    delete=extend_schema(
        operation_id="codec_examples_delete",
        summary="Take an example of a codec away",
        tags=TAGS,
        responses={204: None, **problems(401, 403, 404, 429)},
    ),
)
class CodecExampleView(APIView):
    """Scope `write:devices`."""

    required_scopes = (Scope.WRITE_DEVICES,)

    def delete(self, request: Request, pk: uuid.UUID, example: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        example_delete(example=access_codec_example(model=model, pk=example), actor=None)
        return Response(status=204)
