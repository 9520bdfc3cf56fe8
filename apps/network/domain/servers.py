"""Network servers: kept, tested, paused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.sealing import seal
from apps.network.enums import ServerKind, ServerState
from apps.network.integrations.base import Answer, Refusal, ServerAway, ServerError, ServerRefused
from apps.network.models import NetworkServer
from apps.network.rules import clean_address, clean_token
from apps.network.selectors import client_for
from apps.network.signals import server_ready

if TYPE_CHECKING:
    from apps.accounts.models import User

#: With another one of these the kept token would go to somebody else, or in the open.
TOKEN_GOES_BY: Final = ("kind", "address", "use_tls", "ca_certificate")
_STEPS: Final = {
    (ServerState.ACTIVE, ServerState.PAUSED): "network_server.pause",
    (ServerState.PAUSED, ServerState.ACTIVE): "network_server.resume",
}


def token_needed(before: NetworkServer | None, values: Mapping[str, Any]) -> bool:
    """Whether a server with ``values`` (of ``TOKEN_GOES_BY``) needs its token typed (anew).

    The Things Stack may go without: then it only posts, and is not called.
    """
    if before is None or not before.token_encrypted:
        return bool(values["kind"] != ServerKind.TTS)
    return any(getattr(before, name) != values[name] for name in TOKEN_GOES_BY)


@sensitive_variables("token")
@transaction.atomic
def server_save(*, server: NetworkServer, actor: User | None, token: str = "") -> NetworkServer:
    """Keep a new or changed server. An empty ``token`` keeps the one there is, for the same address only.

    Raises ``InvalidInput`` (token missing) and ``ValidationError``.
    """
    before = NetworkServer.objects.select_for_update().filter(pk=server.pk).first()
    server.address = clean_address(server.address)
    token = clean_token(token)
    if not token and token_needed(before, {name: getattr(server, name) for name in TOKEN_GOES_BY}):
        raise InvalidInput(_("Enter the token."), fields={"token": [_("Enter the token.")]})
    if token:
        server.token_encrypted = seal(token.encode(), settings.DEVICE_KEY_SECRETS)
    server.full_clean()
    server.save()
    record(
        action="network_server.save",
        actor=actor,
        target=server,
        data={
            "address": server.address,
            "tenant": server.tenant,
            "tls": server.use_tls,
            "token": bool(token),
        },
    )
    return server


@transaction.atomic
def server_set_state(*, server: NetworkServer, state: str, actor: User | None) -> NetworkServer:
    """Pause a server or use it again; raises ``Conflict`` when it is so already."""
    server = NetworkServer.objects.select_for_update().get(pk=server.pk)
    action = _STEPS.get((ServerState(server.state), ServerState(state)))
    if action is None:
        raise Conflict(_("That is so already."))
    server.state = state
    server.save(update_fields=["state", "updated_at"])
    record(action=action, actor=actor, target=server)
    if server.state == ServerState.ACTIVE:
        server_ready.send(sender=NetworkServer, server=server)
    return server


def server_heard(*, server: NetworkServer, fault: str, now: datetime) -> bool:
    """Keep that a call was answered (``fault`` empty) or not; True when it answers again after a fault.

    Asked for with every device: written only when there is news, or after a minute.
    """
    rows = NetworkServer.objects.filter(pk=server.pk)
    if fault:
        rows.update(checked_at=now, fault=fault[:300])
        return False
    back = bool(server.fault)
    if back or server.reached_at is None or now - server.reached_at > timedelta(minutes=1):
        rows.update(checked_at=now, reached_at=now, fault="")
    return back


@dataclass(frozen=True)
class Tested:
    ok: bool
    words: str


def server_test(*, server: NetworkServer, actor: User | None, now: datetime | None = None) -> Tested:
    """Ask ``server`` who it is, keep when it answered, and say what came out in plain words.

    Waits for the server up to twice its deadline; call it outside a transaction.
    """
    moment = now or clock.now()
    fault, answer = "", None
    try:
        with client_for(server) as client:
            answer = client.ping()
        words = _answer_words(answer)
    except ServerError as error:
        fault, words = str(error)[:300], fault_words(server, error)
    values = {"checked_at": moment, "fault": fault} | ({"reached_at": moment} if answer else {})
    with transaction.atomic():
        NetworkServer.objects.filter(pk=server.pk).update(**values)
        record(action="network_server.test", actor=actor, target=server, data={"ok": answer is not None})
        if answer is not None:
            server_ready.send(sender=NetworkServer, server=server)
    return Tested(answer is not None, words)


def _answer_words(answer: Answer) -> str:
    version = f" {answer.version}" if answer.version else ""
    return ngettext(
        "The server%(version)s answers, and the token works. The tenant has %(count)d application.",
        "The server%(version)s answers, and the token works. The tenant has %(count)d applications.",
        answer.applications,
    ) % {"version": version, "count": answer.applications}


def fault_words(server: NetworkServer, error: ServerError) -> str:
    """What went wrong and what to look at, for staff."""
    if isinstance(error, ServerAway):
        return _(
            "%(address)s does not answer as it should. Look at host, port, TLS, certificate and firewall. "
            "It said: %(detail)s"
        ) % {"address": server.address, "detail": error}
    reason = error.reason if isinstance(error, ServerRefused) else Refusal.INVALID
    if reason == Refusal.TOKEN:
        return _(
            "The server is there but does not let us in. Look at the token and the tenant’s id. "
            "It said: %(detail)s"
        ) % {"detail": error}
    return _("The server refused: %(detail)s") % {"detail": error}
