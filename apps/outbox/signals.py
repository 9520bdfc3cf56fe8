"""Facts of the outbox that apps above may act on. Sent inside the transaction of the fact."""

from __future__ import annotations

from django.dispatch import Signal

#: Staff released the held mails of a batch. Arguments: ``batch``, ``actor``, ``now``.
batch_released = Signal()
