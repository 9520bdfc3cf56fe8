"""What must come from Debian or Ubuntu: find what is missing, install it, start nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.paths import INSTALL_LOG, IS_ROOT, need_space
from deploy.local.say import Stop, line, run, step

#: GDAL, GEOS and PROJ come with PostGIS. Pango, HarfBuzz and the fonts make the PDFs.
RUNTIME = (
    "make",
    "redis-server",
    "mosquitto",
    "gettext",
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-noto-cjk",
    "fonts-noto-color-emoji",
)
FOR_TESTS = ("git",)
#: Chromium for the browser runs. The shell without windows is the same engine at half the cost.
SHELL = "chromium-headless-shell"
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome")
OLDEST_POSTGRESQL = 15
#: Services that Debian's packages would start at every boot; ours are private ones.
SYSTEM_SERVICES = ("redis-server", "mosquitto")
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Written by machitry's installer while it installs; safe to delete.\nexit 101\n"
CLUSTER_CONF = Path("/etc/postgresql-common/createcluster.d/machitry-installer.conf")
APT = (
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=300",
    "-o",
    "Acquire::Retries=3",
    "-o",
    "Dpkg::Use-Pty=0",
    "-q",
    "-y",
)


def postgres_versions() -> list[int]:
    """Installed PostgreSQL servers that have PostGIS, newest first."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        version = int(folder.parent.parent.name)
        control = Path(f"/usr/share/postgresql/{version}/extension/postgis.control")
        if version >= OLDEST_POSTGRESQL and control.is_file():
            found.append(version)
    return sorted(found, reverse=True)


def missing(*, tests: bool) -> list[str]:
    """Names of the packages to install; a PostgreSQL is named without version when none is there."""
    wanted = [*RUNTIME, *(FOR_TESTS if tests else ())]
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${binary:Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    there = {
        row.split()[0].partition(":")[0] for row in answer.stdout.splitlines() if row.endswith(" installed")
    }
    names = [name for name in wanted if name not in there]
    if not postgres_versions():
        names.insert(0, "postgresql")
    if tests and not any(shutil.which(name) for name in BROWSERS):
        names.append("chromium")
    return names


def install(*, tests: bool) -> None:
    if not shutil.which("dpkg-query"):
        raise Stop(
            "This installer knows Debian and Ubuntu only; docs/operate/install.md says what is needed."
        )
    names = missing(tests=tests)
    if names:
        _install(names)
    if tests:
        _try_shell()


def _install(names: list[str]) -> None:
    root = _as_root(names)
    need_space(2500)
    with step(f"Installing {', '.join(names)} (apt-get)"), _nothing_starts(root):
        environment = ["env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1"]
        apt = [*root, *environment, *APT]
        run([*apt, "update"], log=INSTALL_LOG, failure="apt-get update failed.")
        if "postgresql" in names:
            names[names.index("postgresql")] = _postgis_package()
        if "chromium" in names and _is_offered(SHELL):
            names[names.index("chromium")] = SHELL
        new_services = [name for name in SYSTEM_SERVICES if name in names]
        command = [*apt, "--no-install-recommends", "install", *names]
        run(command, log=INSTALL_LOG, failure="apt-get install failed.")
        _leave_disabled(root, new_services)


def _try_shell() -> None:
    """Bring the shell where it is offered; where it is not, the browser that is there does as well."""
    if shutil.which(SHELL) or not IS_ROOT:
        return
    with INSTALL_LOG.open("ab") as log, suppress(subprocess.TimeoutExpired):
        for command in ([*APT, "update"], [*APT, "--no-install-recommends", "install", SHELL]):
            subprocess.run(
                ["env", "DEBIAN_FRONTEND=noninteractive", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                timeout=300,
            )


def _as_root(names: list[str]) -> list[str]:
    """The prefix that makes a command run as root, or one sentence why that is impossible."""
    if IS_ROOT:
        return []
    by_hand = f"apt-get install {' '.join(names)}".replace(
        "install postgresql", "install postgresql-15-postgis-3"
    )
    if not shutil.which("sudo"):
        raise Stop(
            f"Packages are missing and this user cannot install them (no sudo): {', '.join(names)}. "
            f"Run the same command as root, or let an administrator run: {by_hand}"
        )
    quiet = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if quiet.returncode != 0:
        if sys.stdout.isatty():
            line(f"Your password is needed to install {', '.join(names)}.")
        if not sys.stdout.isatty() or subprocess.run(["sudo", "-v"], check=False).returncode != 0:
            raise Stop(
                f"Packages are missing and sudo did not let this user install them: {', '.join(names)}. "
                f"Let an administrator run: {by_hand}"
            )
    return ["sudo", "-n"]


@contextmanager
def _nothing_starts(root: list[str]) -> Iterator[None]:
    """Keep Debian's packages from making clusters and starting servers; clean up what we wrote."""
    ours = []
    existing = POLICY.read_text(errors="replace") if POLICY.is_file() else None
    if existing in (None, POLICY_TEXT):
        _write(root, POLICY, POLICY_TEXT, mode="755")
        ours.append(POLICY)
    _write(root, CLUSTER_CONF, "create_main_cluster = false\n", mode="644")
    ours.append(CLUSTER_CONF)
    try:
        yield
    finally:
        subprocess.run([*root, "rm", "-f", *map(str, ours)], stdin=subprocess.DEVNULL, check=False)


def _write(root: list[str], path: Path, text: str, *, mode: str) -> None:
    script = f"mkdir -p '{path.parent}' && cat > '{path}' && chmod {mode} '{path}'"
    done = subprocess.run([*root, "sh", "-c", script], input=text, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"{path} could not be written.")


def _is_offered(package: str) -> bool:
    answer = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return answer.returncode == 0


def _postgis_package() -> str:
    """The newest PostgreSQL with PostGIS that this system offers."""
    answer = subprocess.run(
        ["apt-cache", "search", "--names-only", r"^postgresql-[0-9]+-postgis-3$"],
        capture_output=True,
        text=True,
        check=False,
    )
    versions = [int(row.split("-")[1]) for row in answer.stdout.splitlines() if row]
    if not versions or max(versions) < OLDEST_POSTGRESQL:
        raise Stop(
            "This system offers no PostgreSQL 15 with PostGIS: Debian 12 or Ubuntu 24.04 and newer do."
        )
    return f"postgresql-{max(versions)}-postgis-3"


def _leave_disabled(root: list[str], services: list[str]) -> None:
    """Servers that we brought must not start at the next boot: the portal runs its own."""
    if not services or not shutil.which("systemctl") or not Path("/run/systemd/system").is_dir():
        return
    subprocess.run(
        [*root, "systemctl", "disable", "--quiet", *services],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**os.environ, "SYSTEMD_PAGER": ""},
    )
