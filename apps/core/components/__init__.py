"""Template components with declared props: an unknown, missing or impossible one is an error, no blank."""

from __future__ import annotations

from apps.core.components.base import Component, ComponentError, render

__all__ = ["Component", "ComponentError", "render"]
