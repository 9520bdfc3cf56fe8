from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyKind(models.TextChoices):
    ORGANIZATION = "organization", _("organization’s key")
    DOCS = "docs", _("key of the docs page, one hour")
    PERSONAL = "personal", _("person’s key for open data")


class Scope(models.TextChoices):
    READ_DATA = "read:data", _("read data")
    READ_DEVICES = "read:devices", _("read devices")
    WRITE_DEVICES = "write:devices", _("register and change devices")
    DOWNLINK = "downlink", _("send to devices")
    WEBHOOKS = "webhooks", _("manage webhooks")
    MQTT = "mqtt", _("receive data over MQTT")
    READ_OPEN = "read:open", _("read what is public")


class Refusal(models.TextChoices):
    """Why a call that held the whole of a key was refused at the door."""

    REVOKED = "key_revoked", _("it was revoked")
    EXPIRED = "key_expired", _("it had expired")
    REPLACED = "key_replaced", _("another key had taken its place")
    NETWORK = "key_network", _("the network is not allowed for this key")
    ADDRESS = "key_in_address", _("the key was in the address (URL)")


#: What an organization's key may be given; a person's has ``read:open`` alone.
ORGANIZATION_SCOPES = tuple(scope for scope in Scope if scope != Scope.READ_OPEN)
#: What the one-hour key of the docs page may do.
DOCS_SCOPES = (Scope.READ_DATA, Scope.READ_DEVICES)
