"""Pure functions of API keys: their form, the networks they are limited to, the limits of use."""

from __future__ import annotations

from apps.apikeys.rules.networks import (
    MAX_NETWORKS,
    address_bucket,
    address_shortened,
    is_within,
    networks_read,
)
from apps.apikeys.rules.policies import (
    Decision,
    Policy,
    policy_header,
    state_header,
)
from apps.apikeys.rules.tokens import (
    ALPHABET,
    PREFIX,
    PREFIXES,
    checksum,
    digest_equal,
    holds_token,
    secret_mark,
    token_digest,
    token_lookup,
    token_make,
    token_within,
)

__all__ = [
    "ALPHABET",
    "MAX_NETWORKS",
    "PREFIX",
    "PREFIXES",
    "Decision",
    "Policy",
    "address_bucket",
    "address_shortened",
    "checksum",
    "digest_equal",
    "holds_token",
    "is_within",
    "networks_read",
    "policy_header",
    "secret_mark",
    "state_header",
    "token_digest",
    "token_lookup",
    "token_make",
    "token_within",
]
