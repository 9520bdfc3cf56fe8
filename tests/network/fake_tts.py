"""A Things Stack that runs in the test: real HTTP on a free loopback port, with four registries.

It keeps state as the real one does, habits included: nothing is returned that the field mask does not ask
for, empty values are left out, EUIs are in capitals, an application that is gone is forbidden rather than
missing, and the four registries know nothing of each other. Failures and latency are set by call::

    with FakeThingsStack() as fake:
        fake.fail("PUT js", 503)
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "NNSXS.FAKETOKEN.FORTHETESTS"
OWNER = "city"
#: gRPC's number for an HTTP status, as the API writes it into the body.
CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 429: 8, 500: 13, 503: 14}
REGISTRIES = ("is", "js", "ns", "as")


@dataclass
class Failure:
    """``after``: the call is carried out and its answer lost."""

    status: int
    times: int
    after: bool
    body: bytes | None
    headers: dict[str, str]


class Refused(Exception):
    def __init__(self, status: int, name: str, words: str) -> None:
        self.status, self.name, self.words = status, name, words


@dataclass
class State:
    applications: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    #: ``is``, ``js``, ``ns``, ``as`` → (application, device) → the record.
    devices: dict[str, dict[tuple[str, str], dict[str, Any]]] = field(
        default_factory=lambda: {name: {} for name in REGISTRIES}
    )
    gateways: list[dict[str, Any]] = field(default_factory=list)
    stats: dict[str, dict[str, Any]] = field(default_factory=dict)
    queue: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)


class FakeThingsStack:
    """A context manager. ``calls`` are ``(name, path, body)``; names are like ``PUT js`` or ``POST push``."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.state = State()
        self.latency: dict[str, float] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.lock = threading.RLock()
        self.holder: dict[str, Any] = {"organization_ids": {"organization_id": OWNER}}
        self._failures: dict[str, Failure] = {}
        self._down = False

    def __enter__(self) -> FakeThingsStack:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    # What a test sets

    def fail(
        self,
        call: str,
        status: int,
        *,
        times: int = 1,
        after: bool = False,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """The next ``times`` calls of ``call`` end with ``status``."""
        self._failures[call] = Failure(status, times, after, body, headers or {})

    def crash_before(self, call: str) -> None:
        """From the next ``call`` on, nothing answers until ``recover()``."""
        self.fail(call, 503, times=-1)

    def recover(self) -> None:
        self._failures.clear()
        self._down = False

    def named(self, call: str) -> list[Any]:
        return [body for name, _path, body in self.calls if name == call]

    def records(self, dev_eui: str) -> list[str]:
        """Which registries know the device."""
        wanted = dev_eui.upper()
        return [
            name
            for name in REGISTRIES
            if any(row["ids"].get("dev_eui") == wanted for row in self.state.devices[name].values())
        ]

    def add_application(self, application: str) -> str:
        self.state.applications[application] = {"ids": {"application_id": application}}
        return application

    def add_device(self, application: str, device: str, dev_eui: str, join_eui: str) -> None:
        """Made by hand in the console: of the Identity Server only, under a name of its own."""
        ids = {
            "device_id": device,
            "application_ids": {"application_id": application},
            "dev_eui": dev_eui.upper(),
            "join_eui": join_eui.upper(),
        }
        self.state.devices["is"][application, device] = {"ids": ids}

    # The wire

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, bytes, dict[str, str]]:
        parts = urlsplit(target)
        path, query = (
            parts.path.removeprefix("/api/v3/"),
            {k: v[0] for k, v in parse_qs(parts.query).items()},
        )
        name = _name(method, path)
        with self.lock:
            self.calls.append((name, path, body))
            failure = self._take(name)
            down = self._down
        time.sleep(self.latency.get(name, 0))
        if down:
            failure = Failure(503, 1, False, None, {})
        if failure and not failure.after:
            return _failed(failure)
        try:
            with self.lock:
                found, headers = self._route(method, path, query, token, body)
        except Refused as error:
            return _error(error.status, error.name, error.words)
        return _failed(failure) if failure else (200, json.dumps(found).encode(), headers)

    def _take(self, name: str) -> Failure | None:
        failure = self._failures.get(name)
        if failure is None or failure.times == 0:
            return None
        if failure.times < 0:
            self._down = True
        failure.times -= 1
        return failure

    def _route(
        self, method: str, path: str, query: dict[str, str], token: str, body: Any
    ) -> tuple[Any, dict[str, str]]:
        if path == "auth_info":
            return self._auth(token), {}
        if token != f"Bearer {TOKEN}":
            raise Refused(401, "invalid_token", "invalid token")
        for pattern, act in _ROUTES:
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                words = {key: word for key, word in found.groupdict().items() if word}
                answer = act(self, query, body, **words)
                return answer if isinstance(answer, tuple) else (answer, {})
        raise Refused(404, "not_found", "Not Found")

    def _auth(self, token: str) -> Any:
        if token != f"Bearer {TOKEN}":
            raise Refused(401, "invalid_token", "invalid token")
        return {"api_key": {"api_key": {"id": "1"}, "entity_ids": self.holder}}

    # The registries

    def _may(self, app: str) -> None:
        if app not in self.state.applications:
            raise Refused(403, "no_application_rights", f"no rights for application `{app}`")

    def list_applications(self, query: dict[str, str], _body: Any, *, kind: str, owner: str) -> Any:
        if owner != OWNER:
            raise Refused(403, "no_rights", "no rights")
        return _page(query, "applications", list(self.state.applications.values()))

    def create_application(self, _query: dict[str, str], body: Any, *, kind: str, owner: str) -> Any:
        made = body["application"]
        app = made["ids"]["application_id"]
        if not re.fullmatch(r"[a-z0-9](?:-?[a-z0-9]){2,35}", app):
            raise Refused(400, "validation", "invalid `application_id`")
        if app in self.state.applications or app in self.state.deleted:
            raise Refused(409, "id_taken", "ID already taken")
        self.state.applications[app] = made
        return made

    def search(self, query: dict[str, str], _body: Any, *, app: str) -> Any:
        self._may(app)
        rows = [row for (one, _), row in self.state.devices["is"].items() if one == app]
        wanted = query["dev_eui_contains"]
        found = [{"ids": row["ids"]} for row in rows if wanted in row["ids"].get("dev_eui", "")]
        return _page(query, "end_devices", found)

    def list_devices(self, query: dict[str, str], _body: Any, *, app: str) -> Any:
        self._may(app)
        rows = [row for (one, _), row in self.state.devices["is"].items() if one == app]
        return _page(query, "end_devices", [_masked(row, query) for row in rows])

    def create_device(self, _query: dict[str, str], body: Any, *, app: str) -> Any:
        self._may(app)
        device = body["end_device"]
        ids = {**device["ids"], "application_ids": {"application_id": app}}
        euis = (ids["join_eui"], ids["dev_eui"])
        if len(device.get("name", "")) > 50:
            raise Refused(400, "validation", "invalid `name`")
        for row in self.state.devices["is"].values():
            if (row["ids"].get("join_eui"), row["ids"].get("dev_eui")) == euis:
                raise Refused(409, "end_device_euis_taken", "already registered in application")
        if (app, ids["device_id"]) in self.state.devices["is"]:
            raise Refused(409, "id_taken", "ID already taken")
        self.state.devices["is"][app, ids["device_id"]] = _set({"ids": ids}, device, body)
        return device

    def update_device(self, _query: dict[str, str], body: Any, *, app: str, dev: str) -> Any:
        return _set(self._row("is", app, dev), body["end_device"], body)

    def get_device(self, query: dict[str, str], _body: Any, *, app: str, dev: str, reg: str = "is") -> Any:
        return _masked(self._row(reg, app, dev), query)

    def set_device(self, _query: dict[str, str], body: Any, *, app: str, dev: str, reg: str) -> Any:
        self._may(app)
        device = body["end_device"]
        if reg == "ns" and not device.get("frequency_plan_id"):
            raise Refused(400, "no_frequency_plan", "no frequency plan")
        row = self.state.devices[reg].setdefault((app, dev), {"ids": device["ids"]})
        return _set(row, device, body)

    def delete_device(
        self, _query: dict[str, str], _body: Any, *, app: str, dev: str, reg: str = "is"
    ) -> Any:
        self._row(reg, app, dev)
        del self.state.devices[reg][app, dev]
        return {}

    def _row(self, reg: str, app: str, dev: str) -> dict[str, Any]:
        self._may(app)
        if (app, dev) not in self.state.devices[reg]:
            raise Refused(404, "device_not_found", f"device `{dev}` not found")
        return self.state.devices[reg][app, dev]

    # Downlinks, gateways, configuration

    def down(self, _query: dict[str, str], _body: Any, *, app: str, dev: str) -> Any:
        self._row("as", app, dev)
        rows = self.state.queue.get((app, dev))
        return {"downlinks": rows} if rows else {}

    def push(self, _query: dict[str, str], body: Any, *, app: str, dev: str) -> Any:
        self._row("as", app, dev)
        self._row("ns", app, dev)
        rows = [{**row, "correlation_ids": ["as:1", *row["correlation_ids"]]} for row in body["downlinks"]]
        self.state.queue.setdefault((app, dev), []).extend(rows)
        return {}

    def list_gateways(self, query: dict[str, str], _body: Any, *, kind: str, owner: str) -> Any:
        return _page(query, "gateways", self.state.gateways)

    def gateway_stats(self, _query: dict[str, str], body: Any) -> Any:
        asked = [row["gateway_id"] for row in body["gateway_ids"]]
        return {"entries": {name: self.state.stats[name] for name in asked if name in self.state.stats}}

    def phy_versions(self, _query: dict[str, str], _body: Any) -> Any:
        names = ["RP001_V1_0_2_REV_B", "RP001_V1_0_3_REV_A", "RP002_V1_0_3", "RP001_V1_1_REV_B"]
        bands = ("AS_923", "EU_863_870")
        return {"version_info": [{"band_id": band, "phy_versions": names} for band in bands]}

    def frequency_plans(self, _query: dict[str, str], _body: Any) -> Any:
        japan = {"id": "AS_920_923_LBT", "name": "Asia 920-923 MHz with LBT", "band_id": "AS_923"}
        europe = {"id": "EU_863_870_TTN", "name": "Europe 863-870 MHz", "band_id": "EU_863_870"}
        return {"frequency_plans": [japan, europe]}


_OWNER = r"(?P<kind>organizations|users)/(?P<owner>[^/]+)"
_DEVICE = r"applications/(?P<app>[^/]+)/devices/(?P<dev>[^/]+)"
_ROUTES: list[tuple[str, Any]] = [
    (rf"GET {_OWNER}/applications", FakeThingsStack.list_applications),
    (rf"POST {_OWNER}/applications", FakeThingsStack.create_application),
    (rf"GET {_OWNER}/gateways", FakeThingsStack.list_gateways),
    (r"GET search/applications/(?P<app>[^/]+)/devices", FakeThingsStack.search),
    (r"GET applications/(?P<app>[^/]+)/devices", FakeThingsStack.list_devices),
    (r"POST applications/(?P<app>[^/]+)/devices", FakeThingsStack.create_device),
    (rf"PUT {_DEVICE}", FakeThingsStack.update_device),
    (rf"GET (?:(?P<reg>[jna]s)/)?{_DEVICE}", FakeThingsStack.get_device),
    (rf"PUT (?P<reg>[jna]s)/{_DEVICE}", FakeThingsStack.set_device),
    (rf"DELETE (?:(?P<reg>[jna]s)/)?{_DEVICE}", FakeThingsStack.delete_device),
    (rf"GET as/{_DEVICE}/down", FakeThingsStack.down),
    (rf"POST as/{_DEVICE}/down/push", FakeThingsStack.push),
    (r"POST gs/gateways/connection/stats", FakeThingsStack.gateway_stats),
    (r"GET configuration/phy-versions", FakeThingsStack.phy_versions),
    (r"GET configuration/frequency-plans", FakeThingsStack.frequency_plans),
]


def _name(method: str, path: str) -> str:
    """``PUT js`` for a device's record, else the method and the last word of the path."""
    parts = path.split("/")
    if len(parts) >= 4 and parts[-2] == "devices":
        return f"{method} {parts[0] if parts[0] in REGISTRIES else 'is'}"
    if method == "POST" and parts[-1] == "devices":
        return "POST is"
    return f"{method} {'search' if parts[0] == 'search' else parts[-1]}"


def _page(query: dict[str, str], name: str, rows: list[Any]) -> Any:
    limit, page = int(query.get("limit", "0")) or len(rows), int(query.get("page", "1"))
    shown = rows[(page - 1) * limit : page * limit]
    return ({name: shown} if shown else {}), {"X-Total-Count": str(len(rows))}


def _masked(row: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """The ids, and of the rest what was asked for."""
    found = {"ids": row["ids"]}
    for path in filter(None, query.get("field_mask", "").split(",")):
        _copy(found, row, path.split("."))
    return found


def _set(row: dict[str, Any], device: dict[str, Any], body: Any) -> dict[str, Any]:
    for path in body["field_mask"]["paths"]:
        if not path.startswith("ids."):
            _copy(row, device, path.split("."), clear=True)
    return row


def _copy(to: dict[str, Any], source: dict[str, Any], path: list[str], *, clear: bool = False) -> None:
    value: Any = source
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not value and not clear:
        return
    for name in path[:-1]:
        to = to.setdefault(name, {})
    if value:
        to[path[-1]] = value
    else:
        to.pop(path[-1], None)


def _failed(failure: Failure) -> tuple[int, bytes, dict[str, str]]:
    if failure.body is not None:
        return failure.status, failure.body, failure.headers
    status, body, _headers = _error(failure.status, "planted", "planted")
    return status, body, failure.headers


def _error(status: int, name: str, words: str) -> tuple[int, bytes, dict[str, str]]:
    message = f"error:pkg/fake:{name} ({words})"
    return status, json.dumps({"code": CODES.get(status, 2), "message": message, "details": []}).encode(), {}


def _handler(fake: FakeThingsStack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one packet for an answer: else each waits 40 ms for the other half

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            token = self.headers.get("Authorization", "")
            status, content, headers = fake.answer(self.command, self.path, token, body)
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:  # the client gave up waiting
                self.close_connection = True

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_args: Any) -> None:
            """Nothing on the test's output."""

    return Handler
