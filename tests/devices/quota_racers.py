"""Fifty processes that take places of a quota at the same moment; a program of ``test_quota_race``.

Django starts once; then this process forks, and each child opens a connection of its own. In every round
all children wait for one pipe to close. Orders come as JSON on stdin, answers go as JSON lines to stdout.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 -- after setup
from django.db import connection, connections  # noqa: E402 -- after setup
from django.test import Client  # noqa: E402 -- after setup
from django.utils import translation  # noqa: E402 -- after setup

from apps.core.errors import QuotaFull  # noqa: E402 -- after setup
from apps.devices.domain import (  # noqa: E402 -- after setup
    device_move,
    device_register,
    device_unretire,
    devices_register,
)
from apps.devices.models import Device  # noqa: E402 -- after setup
from apps.devices.rules.sheet import SheetRow  # noqa: E402 -- after setup
from apps.trials.models import Trial  # noqa: E402 -- after setup

KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
MIXED = ("create", "csv", "move", "unretire", "api")


def values(turn: int, number: int, part: int = 0) -> dict[str, Any]:
    eui = 0x70B3D57ED0900000 + turn * 0x1000 + number * 4 + part
    return {"name": f"R{turn}-{number}", "dev_eui": f"{eui:016x}", "join_eui": "0" * 16, "app_key": KEY}


def take(plan: dict[str, str], turn: int, number: int, token: str) -> Any:
    """What this process will do at the signal: a call that returns how many places it took."""
    path, trial = plan["path"], Trial.objects.select_related("organization").get(code=plan["trial"])
    mixed = path == "mixed"
    path = MIXED[number % len(MIXED)] if mixed else path
    if path == "create":
        return lambda: device_register(trial=trial, actor=None, **values(turn, number)) and 1
    if path == "csv":
        lines = [SheetRow(line, values(turn, number, line)) for line in range(1 if mixed else 2)]
        owner = trial.organization
        return lambda: len(devices_register(trial=trial, organization=owner, actor=None, rows=lines))
    if path == "api":
        return lambda: by_api(trial, values(turn, number), token)
    names = {"move": "mixed", "unretire": "gone"} if mixed else {path: path}
    device = Device.objects.get(name=f"{names[path]}-{number}")
    if path == "move":
        return lambda: device_move(device=device, trial=trial, actor=None) and 1
    return lambda: device_unretire(device=device, actor=None) and 1


def by_api(trial: Trial, data: dict[str, str], token: str) -> int:
    answer = Client(SERVER_NAME="127.0.0.1").post(
        "/api/v1/devices",
        {**data, "trial": trial.code},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    if answer.status_code == 409:
        raise QuotaFull(answer.json()["detail"], code=answer.json()["code"], data=answer.json())
    assert answer.status_code == 201, answer.content
    return 1


def child(number: int, orders: dict[str, Any], signals: list[int], ready: int) -> None:
    for turn, plan in enumerate(orders["rounds"]):
        try:
            act = take(plan, turn, number, orders["token"])
        except Exception:
            act = None
            traceback.print_exc()
        os.write(ready, b".")
        os.read(signals[turn], 1)
        os.write(1, f"{json.dumps({'round': turn, **_answer(act)})}\n".encode())


def _answer(act: Any) -> dict[str, Any]:
    try:
        return {"took": act()}
    except QuotaFull as refusal:
        return {"code": refusal.code, "limit": refusal.data["limit"]}
    except Exception as error:
        traceback.print_exc()
        return {"code": repr(error), "limit": 0}


def warm_up(token: str) -> None:
    """Load once what every child would load for itself; no connection is open when they fork."""
    Client(SERVER_NAME="127.0.0.1").get("/api/v1/devices", headers={"Authorization": f"Bearer {token}"})
    Client(SERVER_NAME="127.0.0.1").post(
        "/api/v1/devices", {}, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )
    translation.activate("ja")
    translation.gettext("Devices")
    connections.close_all()
    gc.freeze()


def main() -> None:
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
    orders = json.load(sys.stdin)
    warm_up(orders["token"])
    signals = [os.pipe() for _round in orders["rounds"]]
    ready, told = os.pipe()
    children = []
    for number in range(orders["processes"]):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                for _read, write in signals:
                    os.close(write)
                child(number, orders, [read for read, _write in signals], told)
                status = 0
            except BaseException:  # told to the parent by the status
                traceback.print_exc()
            os._exit(status)
        children.append(pid)
    os.close(told)
    for _read, write in signals:
        waiting = orders["processes"]
        while waiting:
            told_now = os.read(ready, waiting)
            if not told_now:  # every child has died
                break
            waiting -= len(told_now)
        os.close(write)
    statuses = [os.waitpid(pid, 0)[1] for pid in children]
    sys.exit(1 if any(statuses) else 0)


if __name__ == "__main__":
    main()
