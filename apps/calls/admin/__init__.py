from apps.calls.admin.application import ApplicationAdmin
from apps.calls.admin.call import CallAdmin
from apps.calls.admin.consent import FacilityConsentAdmin

__all__ = ["ApplicationAdmin", "CallAdmin", "FacilityConsentAdmin"]
