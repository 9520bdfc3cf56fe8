"""The companies' broker: publishing to it, and its clients by Mosquitto's dynamic security.

Commands go to ``$CONTROL/dynamic-security/v1``, their answers come at ``…/response``. Only clients whose name
begins with ``PREFIX`` are ours to make and remove.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from apps.telemetry.integrations.mqtt import Broker

logger = structlog.get_logger(__name__)
CONTROL: Final = "$CONTROL/dynamic-security/v1"
PREFIX: Final = "mty-"
#: The portal's own role: it may publish below this topic.
ROOT: Final = "machitry"
SECONDS: Final = 5.0


class TopicsAway(Exception):
    """The broker did not answer; nothing can be said of what was asked."""


class TopicsRefused(Exception):
    """The broker refused a command; its words."""


@dataclass(frozen=True)
class TopicsClient:
    """Somebody who may listen to ``topics`` (patterns with ``#``)."""

    username: str
    password: str
    topics: frozenset[str]


class TopicsBroker:
    """One connection; ``close`` ends it. Safe for one thread at a time."""

    def __init__(self, broker: Broker) -> None:
        self._answers: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._ready = threading.Event()
        url = urlsplit(broker.url)
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"portal-{uuid.uuid4().hex[:8]}", protocol=mqtt.MQTTv5
        )
        self._client.username_pw_set(broker.username, broker.password)
        if url.scheme == "mqtts":
            self._client.tls_set()
        self._client.max_queued_messages_set(20_000)
        self._client.reconnect_delay_set(min_delay=1, max_delay=15)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_given: self._ready.set()
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.connect_async(url.hostname or "127.0.0.1", url.port or 1883, keepalive=30)
        self._client.loop_start()

    @property
    def connected(self) -> bool:
        return self._ready.is_set()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait(self, seconds: float = SECONDS) -> None:
        """Wait until it is connected; raises ``TopicsAway``."""
        if not self._ready.wait(seconds):
            raise TopicsAway

    def publish(self, messages: Iterable[tuple[str, bytes]], seconds: float = SECONDS) -> int:
        """Publish (QoS 1), wait for the broker's yes to all; returns how many. Raises ``TopicsAway``."""
        if not self.connected:
            raise TopicsAway
        sent = [self._client.publish(topic, body, qos=1) for topic, body in messages]
        try:
            for one in sent:
                one.wait_for_publish(seconds)
                if not one.is_published():
                    raise TopicsAway
        except (RuntimeError, ValueError) as error:  # paho's words for "not connected", "queue full"
            raise TopicsAway from error
        return len(sent)

    def clients(self) -> dict[str, frozenset[str]]:
        """Our clients as the broker has them: name → topics that each may listen to."""
        listed = self._command({"command": "listClients"})
        roles = self._command({"command": "listRoles", "verbose": True})
        topics = {
            role["rolename"]: frozenset(
                acl["topic"] for acl in role.get("acls", ()) if acl["acltype"] == "subscribePattern"
            )
            for role in roles["data"]["roles"]
        }
        names = [name for name in listed["data"]["clients"] if name.startswith(PREFIX)]
        return {name: topics.get(name, frozenset()) for name in names}

    def let_in(self, client: TopicsClient) -> None:
        """Make ``client`` with a role of its own; one that is there is made anew."""
        self.shut_out(client.username)
        acls = [
            {"acltype": kind, "topic": topic, "priority": 0, "allow": True}
            for topic in sorted(client.topics)
            for kind in ("subscribePattern", "unsubscribePattern", "publishClientReceive")
        ]
        self._command({"command": "createRole", "rolename": client.username, "acls": acls})
        self._command(
            {
                "command": "createClient",
                "username": client.username,
                "password": client.password,
                "roles": [{"rolename": client.username}],
            }
        )

    def shut_out(self, username: str) -> None:
        """Remove a client with its role; who is connected under the name is thrown out."""
        for command in (
            {"command": "deleteClient", "username": username},
            {"command": "deleteRole", "rolename": username},
        ):
            with contextlib.suppress(TopicsRefused):
                self._command(command)

    def prepare(self, username: str) -> None:
        """Let the portal itself (``username``) publish below our root, and everybody else nothing."""
        with contextlib.suppress(TopicsRefused):  # it is there
            acl = {"acltype": "publishClientSend", "topic": f"{ROOT}/#", "priority": 0, "allow": True}
            self._command({"command": "createRole", "rolename": "portal-writes", "acls": [acl]})
        with contextlib.suppress(TopicsRefused):  # it has it
            self._command({"command": "addClientRole", "username": username, "rolename": "portal-writes"})
        kinds = ("publishClientSend", "publishClientReceive", "subscribe")
        closed = [{"acltype": kind, "allow": False} for kind in kinds]
        self._command({"command": "setDefaultACLAccess", "acls": closed})

    def _command(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Give one command; its answer. Raises ``TopicsAway``, ``TopicsRefused``."""
        mark = uuid.uuid4().hex
        body = json.dumps({"commands": [{**command, "correlationData": mark}]})
        self.publish([(CONTROL, body.encode())])
        with self._changed:
            if not self._changed.wait_for(lambda: mark in self._answers, SECONDS):
                raise TopicsAway
            answer = self._answers.pop(mark)
        if "error" in answer:
            raise TopicsRefused(str(answer["error"]))
        return answer

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            logger.error("topics_refused", reason=str(reason))
            return
        client.subscribe(f"{CONTROL}/response", qos=1)

    def _on_disconnect(
        self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        self._ready.clear()
        logger.warning("topics_disconnected", reason=str(reason))

    def _on_message(self, client: mqtt.Client, data: Any, message: mqtt.MQTTMessage) -> None:
        with self._changed, contextlib.suppress(ValueError, KeyError):
            for answer in json.loads(message.payload)["responses"]:
                self._answers[answer.get("correlationData", "")] = answer
            self._changed.notify_all()
