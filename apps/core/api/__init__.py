"""Bases of every API: problem+json (RFC 9457), scopes, cursor pages, throttles, a fast renderer."""

from __future__ import annotations

from apps.core.api.access import HasRequiredScopes, ReadOrWrite
from apps.core.api.examples import example
from apps.core.api.fields import ChosenFields, chosen_fields
from apps.core.api.formats import BodyTooLarge, OrjsonParser, OrjsonRenderer
from apps.core.api.inputs import KnownFieldsOnly
from apps.core.api.once import idempotent
from apps.core.api.paging import CursorPagination, cursor_open, cursor_seal
from apps.core.api.parameters import KnownParametersOnly
from apps.core.api.problems import (
    PROBLEM_JSON,
    BadParameter,
    ProblemFieldSerializer,
    ProblemSerializer,
    problem,
    problem_handler,
    problems,
)
from apps.core.api.reading import moment, one_of, period, time_zone, whole_number

__all__ = [
    "PROBLEM_JSON",
    "BadParameter",
    "BodyTooLarge",
    "ChosenFields",
    "CursorPagination",
    "HasRequiredScopes",
    "KnownFieldsOnly",
    "KnownParametersOnly",
    "OrjsonParser",
    "OrjsonRenderer",
    "ProblemFieldSerializer",
    "ProblemSerializer",
    "ReadOrWrite",
    "chosen_fields",
    "cursor_open",
    "cursor_seal",
    "example",
    "idempotent",
    "moment",
    "one_of",
    "period",
    "problem",
    "problem_handler",
    "problems",
    "time_zone",
    "whole_number",
]
