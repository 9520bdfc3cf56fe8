"""The project's own tools: `.venv` from the hash-locked files, Node, `node_modules`, bundled assets."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from deploy.local.paths import INSTALL_LOG, LOCAL, PYTHON, ROOT, VENV, need_space
from deploy.local.say import Stop, run, step

NODE_LOCK = ROOT / "deploy" / "local" / "node.txt"
OLDEST_NODE = 18
DIST = ROOT / "assets" / "dist"


def fingerprint(paths: Iterable[Path], *more: str) -> str:
    """One hash over names and contents of files; folders are walked."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(str(file).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def unchanged(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def make_venv(*, tests: bool) -> None:
    """`.venv` with exactly what the lock files name; skipped when they have not changed."""
    need_space(300)
    version = ".".join(map(str, sys.version_info[:3]))
    for name in ("requirements.txt", *(("requirements-test.txt",) if tests else ())):
        lock = ROOT / name
        stamp = VENV / f".{name}.stamp"
        value = fingerprint([lock], version)
        if PYTHON.exists() and unchanged(stamp, value):
            continue
        _create_venv(version)
        with step(f"Installing the Python packages of {name}"):
            _pip("--require-hashes", "-r", str(lock))
        stamp.write_text(value)


def _create_venv(version: str) -> None:
    made_with = VENV / ".python-version"
    if PYTHON.exists() and (not made_with.is_file() or unchanged(made_with, version)):
        made_with.write_text(version)
        return
    need_space(2000)
    with step("Making .venv"):
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        run(command, log=INSTALL_LOG, failure="The Python environment could not be made.")
    made_with.write_text(version)


def _pip(*arguments: str) -> None:
    run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", *arguments],
        log=INSTALL_LOG,
        failure="The Python packages could not be installed.",
    )


def node_environment() -> dict[str, str]:
    """PATH for npm and node: the system's, or (missing or older than 18) Node from PyPI inside .venv."""
    path = os.environ.get("PATH", "/usr/bin:/bin")
    if _node_version(path) >= OLDEST_NODE and shutil.which("npm", path=path):
        return {"PATH": path}
    own = f"{VENV / 'bin'}:{path}"
    if _node_version(own) < OLDEST_NODE:
        with step("Installing Node (into .venv: this system has none, or one older than 18)"):
            _pip("--require-hashes", "-r", str(NODE_LOCK))
    if _node_version(own) < OLDEST_NODE:
        raise Stop("Node 18 or newer is needed and could not be installed.")
    return {"PATH": own}


def _node_version(path: str) -> int:
    node = shutil.which("node", path=path)
    if not node:
        return 0
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = answer.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def build_assets() -> bool:
    """`node_modules` and `assets/dist`, each only when its sources changed. True when built."""
    lock = ROOT / "package-lock.json"
    modules_stamp = ROOT / "node_modules" / ".machitry-stamp"
    modules = fingerprint([lock])
    sources = [path for path in sorted((ROOT / "assets").iterdir()) if path != DIST]
    dist_stamp = LOCAL / "assets.stamp"
    dist = fingerprint([lock, ROOT / "package.json", *sources])
    have_modules = unchanged(modules_stamp, modules)
    if have_modules and DIST.is_dir() and unchanged(dist_stamp, dist):
        return False
    env = node_environment()
    if not have_modules:
        with step("Installing the front end's packages (npm ci)"):
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            failure = "The front end's packages could not be installed."
            run(command, log=INSTALL_LOG, failure=failure, env=env, cwd=ROOT)
        modules_stamp.write_text(modules)
    with step("Building styles and scripts"):
        failure = "Styles and scripts could not be built."
        run(["npm", "run", "--silent", "build"], log=INSTALL_LOG, failure=failure, env=env, cwd=ROOT)
    dist_stamp.write_text(dist)
    return True


def compile_messages() -> None:
    """`.mo` files beside the catalogues that changed."""
    for catalogue in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        compiled = catalogue.with_suffix(".mo")
        if not compiled.is_file() or compiled.stat().st_mtime < catalogue.stat().st_mtime:
            command: list[str | Path] = ["msgfmt", "-o", compiled, catalogue]
            run(command, log=INSTALL_LOG, failure=f"{catalogue} could not be compiled.")


def npm(*arguments: str) -> int:
    build_assets()
    return subprocess.run(
        ["npm", *arguments], cwd=ROOT, env={**os.environ, **node_environment()}, check=False
    ).returncode
