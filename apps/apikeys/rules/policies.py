"""Limits of use: what is limited, what was decided, and how the headers tell of it.

The headers follow draft-ietf-httpapi-ratelimit-headers: ``RateLimit-Policy: "key";q=600;w=60`` names
the limits (``q`` calls in ``w`` seconds), ``RateLimit: "key";r=599;t=42`` what is left of them (``r``)
and in how many seconds the count begins anew (``t``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """``limit`` calls in a window of ``seconds``, counted under ``bucket``.

    ``name`` is ``key``, ``organization``, ``person``, ``anonymous``, ``refused`` or ``day``. The window of a
    minute begins with the first call in it; that of a day is the day in Japan, of which ``left`` seconds
    are left.
    """

    name: str
    bucket: str
    limit: int
    seconds: int
    left: float

    def stricter(self, share: int) -> Policy:
        """The same with one ``share``-th of the calls, at least one."""
        return Policy(self.name, self.bucket, max(1, self.limit // share), self.seconds, self.left)


@dataclass(frozen=True)
class Count:
    """Where a policy stands after the call: ``used`` calls, anew in ``resets_in`` seconds."""

    policy: Policy
    used: int
    resets_in: float

    @property
    def remaining(self) -> int:
        return max(0, self.policy.limit - self.used)

    @property
    def wait(self) -> int:
        """Whole seconds until the count begins anew, at least one."""
        return max(1, math.ceil(self.resets_in))


@dataclass(frozen=True)
class Decision:
    """``refused`` is the limit that was met, the one that frees last; None when the call is let in."""

    counts: Sequence[Count]
    refused: Count | None = None


def decided(policies: Sequence[Policy], taken: Sequence[tuple[int, float]], met: int | None) -> Decision:
    """The decision on a call; ``taken`` is (calls, seconds until it begins anew) of each policy."""
    counts = [Count(policy, *row) for policy, row in zip(policies, taken, strict=True)]
    return Decision(counts, None if met is None else counts[met])


def policy_header(decision: Decision) -> str:
    """The value of ``RateLimit-Policy``."""
    rows = (row.policy for row in decision.counts)
    return ", ".join(f'"{row.name}";q={row.limit};w={row.seconds}' for row in rows)


def state_header(decision: Decision) -> str:
    """The value of ``RateLimit``."""
    return ", ".join(f'"{row.policy.name}";r={row.remaining};t={row.wait}' for row in decision.counts)
