"""`make demo`: the whole portal with sample data on http://127.0.0.1:8000, in the background."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path

from deploy.local import environment, packages, ports, processes, services, toolchain
from deploy.local.paths import LOCAL, PYTHON, ROOT, VENV, Instance, make_local
from deploy.local.say import Stop, line, run, step, tail

DEMO = Instance("demo")
SETTINGS = {"DJANGO_SETTINGS_MODULE": "config.settings.dev"}
#: In the order of stopping; they start in the reverse order.
PROCESSES = ("simulate", "ingest", "courier", "worker", "web")
ACCOUNTS = (
    ("staff@demo.example", "city staff (also /admin/)"),
    ("chief@demo.example", "another member of staff, who signs decisions"),
    ("reviewer@demo.example", "reviewer"),
    ("haru@demo.example", "owner of a company that takes part"),
    ("engineer@demo.example", "engineer of that company"),
    ("viewer@demo.example", "may only read there"),
    ("stranger@demo.example", "owner of another company"),
)


def demo(port: int) -> None:
    begun = time.monotonic()
    make_local()
    _port_must_be_ours_or_free(port)
    packages.install(tests=False)
    toolchain.make_venv(tests=False)
    toolchain.build_assets()
    with step("Starting PostgreSQL, Redis and Mosquitto of the demo"):
        stop_processes()
        services.up(DEMO, web_port=port)
    prepare()
    with step("Starting the portal, the worker, the ingest, the courier and the simulator"):
        try:
            start_processes(port)
        except Stop:
            stop_processes()
            raise
    _tell(port, time.monotonic() - begun)


def _port_must_be_ours_or_free(port: int) -> None:
    if not 1 <= port <= 65535:
        raise Stop(f"{port} is not a port; choose one between 1024 and 65535: make demo PORT=8001")
    web = processes.running(DEMO, "web")
    if not ports.is_free(port) and not (web and ports.is_ours(port, web)):
        raise Stop(
            f"Port {port} is in use by {ports.holder(port)}: stop that, or choose another port: "
            f"make demo PORT={port + 1}"
        )


def prepare() -> None:
    """Migrate, translate, collect and load: each only when its sources changed."""
    manage("migrate", "--noinput", "--verbosity=1", says="Bringing the database up to date")
    toolchain.compile_messages()
    static = toolchain.fingerprint([toolchain.DIST, ROOT / "requirements.txt", *_static_folders()])
    _once("static", static, "collectstatic", "--noinput", says="Collecting styles, scripts and pictures")
    sources = ("commands/load_demo*", "demo/*.py")
    loader = sorted(path for part in sources for path in (ROOT / "apps").glob(f"*/management/{part}"))
    fixtures = toolchain.fingerprint([ROOT / "fixtures", *loader], _database_age())
    _once("fixtures", fixtures, "load_demo", says="Loading the sample city")


def _static_folders() -> list[Path]:
    return sorted((ROOT / "apps").glob("*/static"))


def _database_age() -> str:
    """Changes when the cluster is made anew."""
    return str((DEMO.data / "pg" / "PG_VERSION").stat().st_mtime_ns)


def _once(name: str, value: str, *command: str, says: str) -> None:
    stamp = DEMO.folder / f"{name}.stamp"
    if toolchain.unchanged(stamp, value) and (name != "static" or (LOCAL / "static").is_dir()):
        return
    manage(*command, says=says)
    stamp.write_text(value)


def manage(*arguments: str, says: str) -> None:
    with step(says):
        command: list[str | Path] = [PYTHON, ROOT / "manage.py", *arguments]
        failure = f"`manage.py {arguments[0]}` failed."
        run(command, log=DEMO.log("prepare"), failure=failure, env=SETTINGS, cwd=ROOT)


def start_processes(port: int) -> None:
    bin_folder = VENV / "bin"
    manage_py: list[str | Path] = [PYTHON, ROOT / "manage.py"]
    web: list[str | Path] = [
        bin_folder / "granian",
        "--interface",
        "wsgi",
        "--host",
        ports.LOOPBACK,
        "--port",
        str(port),
    ]
    web += ["--workers", "2", "--blocking-threads", "4", "--no-ws", "config.wsgi:application"]
    worker: list[str | Path] = [
        bin_folder / "celery",
        "-A",
        "config.celery",
        "worker",
        "--beat",
        "--concurrency",
        "1",
    ]
    worker += ["--loglevel", "WARNING", "--schedule", DEMO.folder / "beat-schedule"]
    commands = {
        "web": web,
        "worker": worker,
        "ingest": [*manage_py, "ingest"],
        "courier": [*manage_py, "courier"],
        "simulate": [*manage_py, "simulate", "--year"],
    }
    for name in reversed(PROCESSES):
        processes.start(DEMO, name, commands[name], env=SETTINGS)
    processes.wait_until_ready(DEMO, "web", lambda: _answers(port), seconds=90)
    web_pid = processes.running(DEMO, "web")
    if web_pid is None or not ports.is_ours(port, web_pid):
        raise Stop(f"Port {port} was taken by {ports.holder(port)} meanwhile: make demo PORT={port + 1}")
    dead = [name for name in PROCESSES if processes.running(DEMO, name) is None]
    if dead:
        raise Stop(f"{dead[0]} ended at once. The end of its log:\n{tail(DEMO.log(dead[0]))}")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{ports.LOOPBACK}:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tell(port: int, seconds: float) -> None:
    line()
    line(f"Machitry is running (started in {seconds:.0f} s):  http://127.0.0.1:{port}")
    line()
    line(f"Sign in with one of these addresses; the code appears at http://127.0.0.1:{port}/demo/mail/")
    for address, who in ACCOUNTS:
        line(f"  {address:<24} {who}")
    line()
    line("`make down` stops it, `make reset` starts over with fresh sample data. Logs: .local/demo/logs/")


def stop_processes() -> bool:
    stopped = [processes.stop(DEMO, name) for name in PROCESSES]
    return any(stopped)


def down() -> None:
    """Stop the demo: what its records name and nothing else."""
    stopped = stop_processes()
    stopped = services.down(DEMO) or stopped
    line("The demo is stopped." if stopped else "The demo was not running.")


def reset() -> None:
    """Throw the demo's data away; `.venv` and `node_modules` stay."""
    down()
    services.remove_data(DEMO)
    line("The demo's data are removed: `make demo` makes new ones.")


def status() -> None:
    for name in (*reversed(PROCESSES), *services.NAMES):
        pid = processes.running(DEMO, name)
        line(f"{name:<10} {'runs as process ' + str(pid) if pid else 'stopped'}")
    address = environment.read(DEMO.env_file).get("MACHITRY_BASE_URL")
    line(f"Address: {address}" if address else "The demo was never started here: make demo")
