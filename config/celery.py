"""Celery: beat and workers only wake what PostgreSQL already holds (see apps/outbox)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
app = Celery("machitry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
