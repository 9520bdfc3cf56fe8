from apps.calls.admin.application import ApplicationAdmin
from apps.calls.admin.call import CallAdmin

__all__ = ["ApplicationAdmin", "CallAdmin"]
