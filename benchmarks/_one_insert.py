"""The peer of ``http_ingest``: a Django view without middleware that inserts one row for each request."""

from __future__ import annotations

import os
from typing import Any

import orjson
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpRequest, HttpResponse  # noqa: TID251 -- a benchmark's own view
from django.urls import path

from config import env

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="benchmark",
    DATABASES={"default": {**env.database(), "CONN_MAX_AGE": None}},
    USE_TZ=True,
    LOGGING_CONFIG=None,
)
application = get_wsgi_application()


class Reading(models.Model):
    """The facts of an uplink as they stand in the event; an index as pages need it."""

    deduplication_id = models.UUIDField(unique=True)
    time = models.DateTimeField()
    dev_eui = models.CharField(max_length=16)
    f_cnt = models.BigIntegerField()
    data = models.TextField()
    rx = models.JSONField()

    class Meta:
        app_label = "bench"
        db_table = "one_insert"

    def __str__(self) -> str:
        return self.dev_eui


def take(request: HttpRequest) -> HttpResponse:
    """Parse the event, insert it, answer; each insert is its own transaction."""
    if request.method == "GET":
        return HttpResponse(str(os.getpid()))
    event: dict[str, Any] = orjson.loads(request.body)
    Reading.objects.create(
        deduplication_id=event["deduplicationId"],
        time=event["time"],
        dev_eui=event["deviceInfo"]["devEui"],
        f_cnt=event["fCnt"],
        data=event["data"],
        rx=event["rxInfo"],
    )
    return HttpResponse(status=204)


urlpatterns = [path("ingest", take), path("healthz", take)]
