"""The two message brokers of an instance: the ingest's, and the one from which companies take their data."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local import environment, ports, processes
from deploy.local.paths import ROOT, Instance, private
from deploy.local.say import Stop, run

#: Service → the setting that holds its address.
NAMES = {"mosquitto": "MACHITRY_MQTT_URL", "topics": "MACHITRY_TOPICS_URL"}
FOLDER = ROOT / "deploy" / "mosquitto"
PLUGIN = "mosquitto_dynamic_security.so"
PORT_ATTEMPTS = 5


def known_port(instance: Instance, name: str) -> int:
    """The port of before; 0 when there was none."""
    address = environment.read(instance.env_file).get(NAMES[name], "")
    return urlsplit(address).port or 0


def start(instance: Instance, name: str) -> int:
    """Start a broker on the port of before, or a free one; the listener must be our own process."""
    folder = instance.data / name
    private(folder)
    port = known_port(instance, name)
    text = (FOLDER / f"{name}.conf").read_text(encoding="utf-8")
    text += _guards(instance, folder) if name == "topics" else "allow_anonymous true\n"
    for _ in range(PORT_ATTEMPTS):
        if not port or not ports.is_free(port):
            port = ports.free_port()
        conf = folder / f"{name}.conf"
        conf.write_text(
            f"{text}listener {port} {ports.LOOPBACK}\npersistence_location {folder}/\n", encoding="utf-8"
        )
        conf.chmod(0o644)
        command = processes.as_service_account([_tool("mosquitto"), "-c", conf])
        pid = processes.start(instance, name, command, cwd=Path("/"))
        processes.wait_until_ready(instance, name, partial(ports.answers, port))
        if ports.is_ours(port, pid):
            return port
        processes.stop(instance, name)
        port = 0
    raise Stop("No free port for the message broker was found.")


def _guards(instance: Instance, folder: Path) -> str:
    """Who may do what is kept in a file that the broker writes itself; the portal is its first client."""
    clients = folder / "dynamic-security.json"
    if not clients.exists():
        password = environment.secret(instance, "MACHITRY_TOPICS_PASSWORD")
        make: list[str | Path] = [_tool("mosquitto_ctrl"), "dynsec", "init", clients, "portal", password]
        run(
            processes.as_service_account(make),
            log=instance.log("topics"),
            failure="The companies’ broker could not be set up.",
            cwd=Path("/"),
        )
    return f"plugin {_plugin()}\nplugin_opt_config_file {clients}\n"


def _plugin() -> Path:
    found = sorted(Path("/usr/lib").glob(f"*/{PLUGIN}")) + sorted(Path("/usr/lib").glob(PLUGIN))
    if not found:
        raise Stop(f"Mosquitto’s {PLUGIN} is missing; the package mosquitto brings it.")
    return found[0]


def _tool(name: str) -> str:
    """Debian keeps the broker in /usr/sbin, which is not in every user's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or name
