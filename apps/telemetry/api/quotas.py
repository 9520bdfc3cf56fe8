"""/api/v1/quotas, /trials/{code}/quotas and /trials/{code}/usage: limits and what of them is in use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core import clock
from apps.core.api import BadParameter, moment, problems
from apps.devices.selectors.downlinks import downlinks_a_day
from apps.exports.selectors import limits_of
from apps.organizations.models import Organization
from apps.telemetry.api.serializers import QuotaSerializer, QuotasSerializer, UsageSerializer
from apps.telemetry.domain.webhooks import MOST as MOST_WEBHOOKS
from apps.telemetry.selectors.by_key import (
    QuotaUse,
    access_trial_to_read_by_key,
    amount,
    days_of_trial,
    quotas_by_key,
    quotas_sum,
    trials_by_key,
)
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial
from apps.trials.selectors.workspace import quota_limit

_TRIAL = OpenApiParameter("code", str, OpenApiParameter.PATH, description="The trial's number.")
MOST_DAYS = 366


def _exports(organization: Organization) -> dict[str, Any]:
    limits = limits_of(organization)
    return {
        "at_once": amount(limits.at_once, limits.open),
        "a_day": amount(limits.a_day, limits.today),
        "frees_at": limits.day_ends,
    }


def _context(rows: Sequence[QuotaUse]) -> dict[str, Any]:
    return {"downlinks_a_day": downlinks_a_day([row.trial.pk for row in rows])}


class QuotaListView(APIView):
    """Devices granted and used, messages of today and the number granted for a day, downlinks, exports,
    webhooks. Scope `read:devices`."""

    required_scopes = (Scope.READ_DEVICES,)

    @extend_schema(
        operation_id="quotas_list",
        summary="Limits of all your trials and what is in use",
        tags=["usage"],
        responses={200: QuotasSerializer, **problems(401, 403, 429)},
    )
    def get(self, request: Request) -> Response:
        key: Any = request.auth
        rows = quotas_by_key(trials_by_key(key))
        told = {
            "total": {
                "devices": quotas_sum(rows, QuotaKind.DEVICES),
                "messages": quotas_sum(rows, QuotaKind.MESSAGES),
            },
            "exports": _exports(key.organization),
            "webhooks": amount(MOST_WEBHOOKS, key.organization.webhooks.count()),
            "trials": rows,
        }
        return Response(QuotasSerializer(told, context=_context(rows)).data)


class TrialQuotaView(APIView):
    """The same of one trial. Scope `read:devices`."""

    required_scopes = (Scope.READ_DEVICES,)

    @extend_schema(
        operation_id="trials_quotas_get",
        summary="Limits of a trial and what is in use",
        tags=["usage"],
        parameters=[_TRIAL],
        responses={200: QuotaSerializer, **problems(401, 403, 404, 429)},
    )
    def get(self, request: Request, code: str) -> Response:
        trial = access_trial_to_read_by_key(key=request.auth, code=code)
        (row,) = quotas_by_key(Trial.objects.filter(pk=trial.pk))
        return Response(QuotaSerializer(row, context=_context([row])).data)


def _days(request: Request) -> tuple[date, date]:
    """The first and the last day; 422 in words for too many or the wrong way round."""
    told = {name: moment(request, name) for name in ("since", "until")}
    last = clock.local_date(told["until"])
    first = clock.local_date(told["since"]) if told["since"] else last - timedelta(days=29)
    if first > last:
        raise BadParameter(_("“until” must be later than “since”."), name="until")
    if (last - first).days >= MOST_DAYS:
        raise BadParameter(_("Ask for at most %(days)d days.") % {"days": MOST_DAYS}, name="since")
    return first, last


class UsageView(APIView):
    """Without `since` and `until` the last 30 days; at most 366. Scope `read:devices`."""

    required_scopes = (Scope.READ_DEVICES,)

    @extend_schema(
        operation_id="trials_usage_get",
        summary="Messages of a trial by day",
        tags=["usage"],
        parameters=[
            _TRIAL,
            OpenApiParameter("since", str, description="The first day, for example 2027-01-01."),
            OpenApiParameter("until", str, description="The last day; without it today."),
        ],
        responses={200: UsageSerializer, **problems(401, 403, 404, 422, 429)},
    )
    def get(self, request: Request, code: str) -> Response:
        trial = access_trial_to_read_by_key(key=request.auth, code=code)
        first, last = _days(request)
        told = {
            "trial": trial.code,
            "since": first,
            "until": last,
            "messages_granted": quota_limit(trial=trial, kind=QuotaKind.MESSAGES),
            "days": days_of_trial(trial=trial, first=first, last=last),
        }
        return Response(UsageSerializer(told).data)
