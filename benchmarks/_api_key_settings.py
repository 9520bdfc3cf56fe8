"""The portal whose API neither checks keys nor counts calls: what `api_key` measures beside."""

from __future__ import annotations

from config.settings.dev import *  # noqa: F403
from config.settings.dev import REST_FRAMEWORK as _REST_FRAMEWORK

REST_FRAMEWORK = {
    **_REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": ["benchmarks._api_key_bare.Known"],
    "DEFAULT_THROTTLE_CLASSES": [],
}
