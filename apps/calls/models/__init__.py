from apps.calls.models.application import Application, ApplicationNumber
from apps.calls.models.call import Call

__all__ = ["Application", "ApplicationNumber", "Call"]
