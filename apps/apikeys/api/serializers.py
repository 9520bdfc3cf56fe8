"""How the API tells a key of itself."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.apikeys.enums import KeyKind, Refusal, Scope


class LimitSerializer(serializers.Serializer[Any]):
    """One limit. ``name``: ``key``, ``organization``, ``person`` or ``day`` (the day in Japan)."""

    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Calls in one window.")
    seconds = serializers.IntegerField(help_text="Length of the window.")
    remaining = serializers.IntegerField(help_text="Calls left, this one taken off.")
    resets_at = serializers.DateTimeField(help_text="When the count begins anew.")


class UsageDaySerializer(serializers.Serializer[Any]):
    """A day in Japan."""

    day = serializers.DateField()
    calls = serializers.IntegerField(help_text="Calls that were let in.")
    refused = serializers.IntegerField(help_text="Calls refused because a limit was met.")


class RefusalSerializer(serializers.Serializer[Any]):
    """Calls that showed this whole key and were refused, by reason and address."""

    reason = serializers.ChoiceField(Refusal.choices, help_text="The code that they were answered.")
    address = serializers.CharField(
        allow_blank=True, help_text="Of IPv6 the /64. Empty: further addresses, after the first 100."
    )
    agent = serializers.CharField(allow_blank=True, help_text="What the program called itself last.")
    calls = serializers.IntegerField(help_text="Beyond the limit of refused calls they are not counted.")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class KeySerializer(serializers.Serializer[Any]):
    """The key itself. Nothing shows the secret."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(KeyKind.choices)
    begins_with = serializers.CharField()
    organization = serializers.CharField(allow_null=True, help_text="Null for a person’s key.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    trials = serializers.ListField(
        child=serializers.CharField(), help_text="Numbers of the trials it is limited to; empty: all."
    )
    networks = serializers.ListField(
        child=serializers.CharField(), help_text="Networks it may be used from; empty: everywhere."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    replaced = serializers.BooleanField(help_text="Another key took its place; it ends at `expires_at`.")
    limits = LimitSerializer(many=True)
    usage = UsageDaySerializer(
        many=True, help_text="The last 30 days, today first, up to a minute old; days without calls too."
    )
    refusals = RefusalSerializer(
        many=True,
        help_text="Who used this key in vain in the last 30 days, the newest first: a program of yours, or a "
        "stranger.",
    )
