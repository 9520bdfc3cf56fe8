"""Examples of the schema."""

from __future__ import annotations

from apps.core.api import example

example(
    "key_get",
    "A key limited to one trial",
    response={
        "name": "Collection server",
        "kind": "organization",
        "begins_with": "mty_9hK2mQ4x",
        "organization": "Mizuoto Engineering",
        "scopes": ["read:data", "read:devices"],
        "trials": ["2026-015"],
        "networks": ["203.0.113.0/24"],
        "created_at": "2026-11-01T09:00:00+09:00",
        "expires_at": "2027-11-01T09:00:00+09:00",
        "replaced": False,
        "limits": [
            {
                "name": "key",
                "size": 600,
                "seconds": 60,
                "remaining": 588,
                "resets_at": "2026-11-21T09:00:41+09:00",
            },
            {
                "name": "organization",
                "size": 3000,
                "seconds": 60,
                "remaining": 2950,
                "resets_at": "2026-11-21T09:00:12+09:00",
            },
            {
                "name": "day",
                "size": 200000,
                "seconds": 86400,
                "remaining": 198211,
                "resets_at": "2026-11-22T00:00:00+09:00",
            },
        ],
        "usage": [{"day": "2026-11-21", "calls": 1789, "refused": 0}],
        "refusals": [
            {
                "reason": "key_network",
                "address": "198.51.100.23",
                "agent": "curl/8.5.0",
                "calls": 12,
                "first_at": "2026-11-20T03:14:09+09:00",
                "last_at": "2026-11-20T03:16:40+09:00",
            }
        ],
    },
)
