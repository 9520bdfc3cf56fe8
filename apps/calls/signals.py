"""Facts of this app that apps above may act on. Sent inside the transaction of the fact."""

from __future__ import annotations

from django.dispatch import Signal

#: The company accepted its adoption. Arguments: ``application``, ``actor``, ``now``.
application_accepted = Signal()
