"""Every ``code`` of a refusal: part of the API, never renamed.

The table in docs/engineer/api.md is this one (tests/core/test_codes.py compares them); an operation that
answers another code fails the run of Schemathesis.
"""

from __future__ import annotations

#: Code: status, what happened and what to do.
CODES: dict[str, tuple[int, str]] = {
    "parse_error": (400, "The body is no JSON; `detail` says where."),
    "unknown_field": (400, "`fields` names a field that does not exist (in a body: 422, see `invalid`)."),
    "unknown_parameter": (400, "The operation has no such `parameter`; `nearest` is the one you may mean."),
    "cursor_invalid": (400, "The cursor is not of this query or organization. Begin again without it."),
    "idempotency_key_invalid": (400, "Give 1 to 255 visible ASCII characters."),
    "not_authenticated": (401, "Send the key in the header `Authorization: Bearer …`."),
    "key_invalid": (401, "Copy the whole key again."),
    "key_expired": (401, "Make a new key."),
    "key_revoked": (401, "Make a new key."),
    "key_replaced": (401, "The key was rotated and its overlap is over. Use the new one."),
    "key_in_address": (401, "A key must not be in an address. Send the header, and revoke that key."),
    "permission_denied": (403, "The key lacks the scope."),
    "not_allowed": (403, "You can see this but not change it; `detail` says why."),
    "key_personal": (403, "The key is a person’s, for open data; it opens no company’s things."),
    "key_read_only": (403, "The key of the docs page only reads. Make a key of your own."),
    "key_network": (403, "The key does not work from this network."),
    "not_found": (404, "There is no such thing, or it is not yours."),
    "no_data": (404, "Nothing has arrived from this device yet."),
    "export_deleted": (404, "The file was deleted after 7 days. Ask for the export again."),
    "method_not_allowed": (405, "`Allow` names the methods of this address."),
    "not_acceptable": (406, "Accept `application/json`."),
    "conflict": (409, "It is not in a state in which this can be done."),
    "quota_full": (409, "Retire a device, or ask for more (`ask_for_more`); `limit` and `used`."),
    "dev_eui_taken": (409, "A device with this DevEUI is in use."),
    "device_retired": (409, "Bring the device back first."),
    "device_not_active": (409, "The device is paused or retired."),
    "trial_over": (409, "The trial is over: nothing can be registered in it."),
    "trial_not_running": (409, "Outside the trial's days nothing is sent to its devices."),
    "no_server": (409, "The device does not stand on a network server yet."),
    "no_encoder": (409, "The model's codec turns no values into bytes. Send `payload_hex`."),
    "downlink_gone": (409, "The network server has the downlink already; it cannot be taken back."),
    "downlinks_full": (409, "The day's number of downlinks is used up; `limit` and `used`."),
    "export_not_ready": (409, "There is no file yet; `GET /exports/{id}` says how far it is."),
    "export_ended": (409, "The export has ended already."),
    "busy": (409, "Too much is being worked out at once. Try again in a moment."),
    "webhooks_full": (409, "Remove a webhook first; `limit`."),
    "webhook_off": (409, "Switch the webhook on first."),
    "idempotency_in_flight": (409, "A request with this Idempotency-Key is being answered. Try again."),
    "body_too_large": (413, "Send at most 1 MiB."),
    "unsupported_media_type": (415, "Send `Content-Type: application/json`."),
    "invalid": (422, "`errors` names each place and what is wrong there."),
    "idempotency_key_reused": (422, "The Idempotency-Key was used for another request. Take a new one."),
    "exports_at_once": (429, "Wait until an export is ready, or cancel one; `limit` and `used`."),
    "exports_a_day": (429, "Ask again after `frees_at`; `limit` and `used`."),
    "throttled": (429, "Wait as long as `Retry-After` says; `RateLimit` tells how much is left."),
}
