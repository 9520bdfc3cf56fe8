"""A form filled from the QR text of a label, on the pages that take one."""

from __future__ import annotations

from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from apps.devices.forms import DeviceForm, LabelForm, ReplaceForm, told_by_label
from apps.organizations.models import Organization

_KEYS = ("app_key", "nwk_key")
Filled = TypeVar("Filled", DeviceForm, ReplaceForm)


def is_reading(request: HttpRequest) -> bool:
    """The button beside the QR text was pressed. Enter in any field presses it too, as it stands first."""
    posted = request.POST
    if "read_qr" not in posted:
        return False
    return not posted.get("dev_eui") or bool(posted.get("qr") and not posted.get("app_key"))


def read_label_into(
    form: type[Filled], request: HttpRequest, owner: Organization
) -> tuple[Filled, LabelForm, int]:
    """The form filled from the label beside what was typed, keys left out; or what is wrong with the text."""
    label = LabelForm(request.POST)
    typed = {name: request.POST.get(name, "") for name in form.base_fields if name not in _KEYS}
    if not label.is_valid() or label.label is None:
        return form(initial=typed, organization=owner), label, 422
    filled = form(initial={**typed, **told_by_label(label.label, owner)}, organization=owner)
    # What the label does not say comes next.
    following = "app_key" if typed.get("name", "—").strip() else "name"
    filled.fields[following].widget.attrs["autofocus"] = True
    return filled, label, 200


def with_camera(response: HttpResponse) -> HttpResponse:
    """Only these pages may ask for the camera."""
    response["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=()"
    return response
