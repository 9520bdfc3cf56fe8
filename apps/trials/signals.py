"""Facts of this app that apps above may act on. Sent inside the transaction of the fact."""

from __future__ import annotations

from django.dispatch import Signal

#: Staff granted another number. Arguments: ``trial``, ``kind``, ``before``, ``granted``.
quota_changed = Signal()

#: A partner is about to leave. Arguments: ``trial``, ``organization``. A receiver that cannot do without
#: it raises ``Conflict`` with words for staff; nothing is changed then.
participant_leaving = Signal()

#: Something of an open trial is other: its state, its days, anything. Arguments: ``trial``, ``fields``.
trial_changed = Signal()
