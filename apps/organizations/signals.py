"""Facts of this app that apps above act on. Sent inside the transaction of the fact."""

from __future__ import annotations

from django.dispatch import Signal

#: Two organizations are one: every app moves its rows of ``gone`` to ``keep``. Arguments: ``keep``,
#: ``gone``, ``actor`` (None: rows that came late). It may be sent again, so moving twice changes nothing.
organization_merged = Signal()
