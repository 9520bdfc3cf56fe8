"""``manage.py devices_reconcile``: compare the network servers with the portal, now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.devices.domain.drift import server_compare, servers_compare
from apps.devices.domain.provisioning import provisions_follow
from apps.network.models import NetworkServer


class Command(BaseCommand):
    help = "List where devices on the network servers differ from the portal; staff mend it in the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--server", help="the name of one server; else all in use that have profiles")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"trials followed: {provisions_follow()} devices wanted otherwise")
        name = options["server"]
        if name:
            server = NetworkServer.objects.filter(name=name).first()
            if server is None:
                raise CommandError(f"There is no server called {name!r}.")
            results = [server_compare(server=server, actor=None)]
        else:
            results = servers_compare()
        for result in results:
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(result.kinds.items()))
            told = result.fault or f"{result.devices} devices, {kinds or 'no difference'}"
            self.stdout.write(f"{result.server.name}: {told} (new {result.new}, gone {result.gone})")
        if any(result.fault for result in results):
            raise CommandError("A server could not be compared.")
