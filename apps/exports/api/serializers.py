"""Exports as the API tells of them, and what it takes."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.core.api import KnownFieldsOnly
from apps.exports.enums import ExportFormat, ExportState
from apps.exports.models import ExportJob
from apps.exports.selectors import contents_of, download_name

EXPORT: dict[str, Any] = {
    "id": "5f2e7c52-7d0c-4c64-8a55-0d5b8d1f3b70",
    "kind": "telemetry.uplinks",
    "title": "受信データ 用水路のごみ詰まりを水位差で知る",
    "params": {
        "trial": "2026-015",
        "since": "2026-11-01T00:00:00+09:00",
        "until": "2026-12-01T00:00:00+09:00",
    },
    "format": "csv",
    "gzip": False,
    "state": "done",
    "rows_expected": 51840,
    "rows": 51840,
    "size": 4816896,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "file": "/api/v1/exports/5f2e7c52-7d0c-4c64-8a55-0d5b8d1f3b70/file",
    "file_name": "2026-015-用水路のごみ詰まりを水位差で知る-受信データ-2026-12-01.csv",
    "error": "",
    "created_at": "2026-12-01T09:00:00+09:00",
    "ended_at": "2026-12-01T09:00:09+09:00",
    "expires_at": "2026-12-08T09:00:09+09:00",
}
ASKED: dict[str, Any] = {
    "kind": "telemetry.uplinks",
    "params": {"trial": "2026-015", "since": "2026-11-01", "until": "2026-12-01", "content": "values"},
    "format": "csv",
}


@extend_schema_serializer(examples=[OpenApiExample("An export", value=EXPORT, response_only=True)])
class ExportSerializer(serializers.Serializer[ExportJob]):
    """``state``: waiting, running, done, failed, cancelled or expired. ``file`` is null unless done;
    ``expires_at`` is when it is deleted."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.SerializerMethodField()
    params = serializers.SerializerMethodField()
    format = serializers.ChoiceField(choices=ExportFormat.choices)
    gzip = serializers.BooleanField()
    state = serializers.ChoiceField(choices=ExportState.choices)
    rows_expected = serializers.IntegerField(source="rows_total", allow_null=True)
    rows = serializers.IntegerField(source="rows_done")
    size = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_blank=True)
    file = serializers.SerializerMethodField()
    file_name = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)

    def get_title(self, export: ExportJob) -> str:
        return contents_of(export).title

    @extend_schema_field(dict[str, Any])
    def get_params(self, export: ExportJob) -> dict[str, Any]:
        return {name: value for name, value in export.params.items() if not name.startswith("_")}

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_file(self, export: ExportJob) -> str | None:
        return reverse("api-export-file", args=[export.pk]) if export.state == ExportState.DONE else None

    def get_error(self, export: ExportJob) -> str:
        # Words for people: what failed inside is the city's to read.
        if export.state != ExportState.FAILED:
            return ""
        return _(
            "It could not be made, although it was tried several times. Please ask for it again; if it fails "
            "once more, tell the city."
        )

    def get_file_name(self, export: ExportJob) -> str:
        return download_name(export)


@extend_schema_serializer(examples=[OpenApiExample("A month of a trial", value=ASKED, request_only=True)])
class NewExportSerializer(KnownFieldsOnly):
    """``kind`` is one of the list in the description; ``params`` are those of the kind."""

    kind = serializers.CharField(max_length=40)
    params = serializers.DictField(required=False)
    format = serializers.ChoiceField(choices=ExportFormat.choices, required=False)
    gzip = serializers.BooleanField(required=False)
