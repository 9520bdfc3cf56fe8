"""What a body may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail


class KnownFieldsOnly(serializers.Serializer[Any]):
    """A serializer of input that refuses what it does not know: a misspelt name is not silently lost."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = [name for name in data if name not in self.fields] if isinstance(data, Mapping) else []
        if unknown:
            text = ErrorDetail(_("There is no such field."), code="unknown_field")
            raise serializers.ValidationError({str(name)[:100]: [text] for name in unknown[:20]})
        return super().to_internal_value(data)
