"""What devices tell apps above."""

from __future__ import annotations

from django.dispatch import Signal

#: A network server took a downlink; inside the transaction. Arguments: ``downlink``.
downlink_handed_over = Signal()
#: Another version decodes a model's uplinks now, or it stopped, or goes on; inside the transaction.
#: Arguments: ``model``, ``actor`` (None: the system).
codec_changed = Signal()
