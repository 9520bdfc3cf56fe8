"""Sample gateways, and trials whose places everyone may see exactly, so that 250 m squares are shown."""

from __future__ import annotations

from apps.network.domain import gateway_save
from apps.network.models import Gateway
from apps.portal.management.demo.fixture import Fixture
from apps.trials.enums import Precision
from apps.trials.models import Site


def load_gateways(fixture: Fixture) -> int:
    """Those that the simulated devices are heard by, and some that hear nothing."""
    content = fixture.read("gateways")
    made = 0
    for row in content["gateways"]:
        if Gateway.objects.filter(gateway_id=row["gateway_id"]).exists():
            continue
        gateway = Gateway(**{**row, "place": fixture.point(row["place"])})
        gateway_save(gateway=gateway, actor=fixture.staff)
        made += 1
    if made:
        Site.objects.filter(trial__code__in=content["open_trials"]).update(precision=Precision.POINT)
    return made
