"""What `make` calls: `bootstrap.sh demo|down|reset|install|services|test|…`.

Only Python's standard library: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deploy.local import demo, packages, services, toolchain
from deploy.local.paths import LOCAL, ROOT, Instance, make_local
from deploy.local.say import Stop, line, step

TEST = Instance("test")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bootstrap.sh")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("down", "reset", "status", "services-down", "assets", "messages"):
        commands.add_parser(name)
    commands.add_parser("demo").add_argument("--port", type=int, default=8000)
    commands.add_parser("install").add_argument("--tests", action="store_true")
    commands.add_parser("services").add_argument("name", nargs="?", default="test", choices=("test", "demo"))
    restart = commands.add_parser("restart")
    restart.add_argument("name", choices=("test", "demo"))
    restart.add_argument("service", choices=services.NAMES)
    commands.add_parser("npm").add_argument("run", nargs=argparse.REMAINDER)
    commands.add_parser("with-services").add_argument("run", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(arguments)
    try:
        return _act(chosen)
    except Stop as problem:
        return _end(str(problem))
    except KeyboardInterrupt:
        return _end("Stopped at your wish; run the same command again to go on.")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _end("There is no room left on the disk: free some space and run the same command again.")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return _end(f"This user may not write {error.filename}: run as its owner or as root.")
        raise


def _end(sentence: str) -> int:
    print(f"\n{sentence}", file=sys.stderr, flush=True)
    return 1


def _act(chosen: argparse.Namespace) -> int:
    match chosen.command:
        case "demo":
            with _alone("demo"):
                demo.demo(chosen.port)
        case "down":
            demo.down()
        case "reset":
            demo.reset()
        case "status":
            demo.status()
        case "install":
            install(tests=chosen.tests)
        case "assets":
            toolchain.build_assets()
        case "messages":
            toolchain.compile_messages()
        case "npm":
            return toolchain.npm(*chosen.run)
        case "services":
            services.up(Instance(chosen.name))
            line(f"The {chosen.name} services run; their addresses are in .local/{chosen.name}/env.")
        case "services-down":
            line("Stopped." if services.down(TEST) else "They were not running.")
        case "restart":
            services.restart(Instance(chosen.name), chosen.service)
        case "with-services":
            return with_services(chosen.run)
    return 0


def install(*, tests: bool) -> None:
    make_local()
    with _alone("install"):
        packages.install(tests=tests)
        toolchain.make_venv(tests=tests)
        toolchain.build_assets()


def with_services(command: list[str]) -> int:
    """Run a command while the test services are up; stop them afterwards if we started them."""
    make_local()
    install(tests=True)
    with _alone("test"):
        with step("Starting PostgreSQL, Redis and Mosquitto of the tests"):
            started = services.up(TEST)
        try:
            return subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL).returncode
        finally:
            if started:
                services.down(TEST)


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """One installer, one demo start, one test run at a time in this copy."""
    make_local()
    with (LOCAL / f"{what}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if what != "install":
                raise Stop(f"Another `make {what}` is at work in this copy; wait for its end.") from None
            line("- Waiting for another installation in this copy")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
