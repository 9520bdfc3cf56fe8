"""Facts of this app that apps above may act on. Sent inside the transaction of the fact."""

from __future__ import annotations

from django.dispatch import Signal

#: A server can be worked with again: staff ended its pause, or tested it and it answered. ``server``.
server_ready = Signal()
