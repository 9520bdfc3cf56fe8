"""What core tells the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

#: The city's settings were saved. Arguments: ``settings`` (the row), ``actor``, ``fields`` (changed names).
site_settings_saved = Signal()
