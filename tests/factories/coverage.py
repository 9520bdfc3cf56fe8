"""What was heard from squares and by gateways, as the beat job leaves it."""

from __future__ import annotations

from datetime import timedelta

import factory

from apps.core import clock
from apps.network.enums import Shown
from apps.network.models import CoverageCell, GatewayDay


class CoverageCellFactory(factory.django.DjangoModelFactory):
    """A square at Toyama station, received well, shown to everyone."""

    class Meta:
        model = CoverageCell

    mesh = "5537014711"
    shown = Shown.SQUARE
    observations = 120
    best_rssi = -97
    best_snr = 6.5
    gateways = 2
    first_at = factory.LazyFunction(lambda: clock.now() - timedelta(days=9))
    last_at = factory.LazyFunction(clock.now)


class GatewayDayFactory(factory.django.DjangoModelFactory):
    """Today, with one hour heard."""

    class Meta:
        model = GatewayDay

    gateway_id = "0016c001f153a14c"
    day = factory.LazyFunction(clock.local_date)
    uplinks = 5
    hours = 1
    last_at = factory.LazyFunction(clock.now)
