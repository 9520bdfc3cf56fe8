"""Examples of the schema that no serializer holds: messages that are still to be sent."""

from __future__ import annotations

from apps.core.api import example
from apps.telemetry.api.webhook_forms import MESSAGE, TOLD

_WAITING = {**TOLD, "state": "waiting", "attempts": 0, "due_at": TOLD["made_at"], "delivered_at": None}
_AGAIN = {**_WAITING, "id": "7a4f2f0e-0d0b-4c55-9a7e-5a2f4d1c3b90", "replay_of": MESSAGE}

example("webhooks_test", "A test message", response={**_WAITING, "test": True}, status=202)
example("webhooks_messages_replay", "The message that is sent again", response=_AGAIN, status=202)
