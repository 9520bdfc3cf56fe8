"""Facts of this app that apps above may act on. Sent inside the transaction of the fact."""

from __future__ import annotations

from django.dispatch import Signal

#: Staff granted another number. Arguments: ``trial``, ``kind``, ``before``, ``granted``.
quota_changed = Signal()
