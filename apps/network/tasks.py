"""Celery's doors to this app."""

from __future__ import annotations

import structlog
from celery import shared_task

from apps.network.domain.gateways import gateways_report
from apps.network.domain.heard import heard_compact
from apps.network.integrations.base import ServerError
from apps.network.models import NetworkServer

logger = structlog.get_logger(__name__)


@shared_task(name="network.heard")
def heard() -> None:
    """Add what the ingest heard to the statistics of gateways and squares."""
    heard_compact()


@shared_task(name="network.gateways")
def gateways() -> None:
    """Ask each server in use when it last heard from its gateways. One that is away is asked again later."""
    for server in NetworkServer.objects.active():
        try:
            gateways_report(server=server)
        except ServerError as error:
            logger.warning("gateways_unknown", server=server.name, error=str(error)[:200])
