"""Writes of API keys."""

from __future__ import annotations

from apps.apikeys.domain.ending import api_key_revoke, api_key_rotate, organization_keys_move
from apps.apikeys.domain.making import api_key_create, docs_key_create, personal_key_create
from apps.apikeys.domain.refusing import key_refusal_note
from apps.apikeys.domain.reminding import keys_remind
from apps.apikeys.domain.usage import usage_flush
from apps.apikeys.domain.using import api_key_digest_again, api_key_used

__all__ = [
    "api_key_create",
    "api_key_digest_again",
    "api_key_revoke",
    "api_key_rotate",
    "api_key_used",
    "docs_key_create",
    "key_refusal_note",
    "keys_remind",
    "organization_keys_move",
    "personal_key_create",
    "usage_flush",
]
