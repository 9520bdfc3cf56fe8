from __future__ import annotations

from django.urls import path

from apps.apikeys.api import examples  # noqa: F401 -- fills the schema
from apps.apikeys.api.views import KeyView

urlpatterns = [path("key", KeyView.as_view(), name="api-key")]
