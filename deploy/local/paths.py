"""Where everything of a private instance (`demo` or `test`) lies."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from deploy.local.say import Stop

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALL_LOG = LOCAL / "install.log"
#: Tells apart copies of the project on one machine.
COPY = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
IS_ROOT = os.geteuid() == 0
#: As root the servers run as this account: initdb refuses root.
SERVICE_ACCOUNT = "postgres"
SOCKET_PATH_LIMIT = 107
LONGEST_SOCKET_NAME = "/demo/.s.PGSQL.5432"


@dataclass(frozen=True)
class Instance:
    """One set of private services; ``folder`` holds logs, pids and the environment file."""

    name: str

    @property
    def folder(self) -> Path:
        return LOCAL / self.name

    @property
    def data(self) -> Path:
        """Data of the servers; as root outside any home, because `postgres` must reach it."""
        return Path("/var/lib/machitry") / COPY / self.name if IS_ROOT else self.folder / "data"

    @property
    def sockets(self) -> Path:
        return _runtime_folder() / self.name

    @property
    def env_file(self) -> Path:
        return self.folder / "env"

    def log(self, process: str) -> Path:
        return self.folder / "logs" / f"{process}.log"


def _runtime_folder() -> Path:
    """A short path that only we may enter: Unix sockets allow 107 characters."""
    if IS_ROOT:
        return Path(f"/run/machitry-{COPY}")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir() and Path(runtime).stat().st_uid == os.geteuid():
        folder = Path(runtime) / f"machitry-{COPY}"
        if len(f"{folder}{LONGEST_SOCKET_NAME}") <= SOCKET_PATH_LIMIT:
            return folder
    return Path(f"/tmp/machitry-{os.geteuid()}-{COPY}")


def make_local() -> None:
    """Make `.local/`, or say whose it is."""
    if not os.access(ROOT, os.W_OK):
        raise Stop(f"This user may not write in {ROOT}: run as its owner, or work in a copy of your own.")
    LOCAL.mkdir(exist_ok=True)
    owner = LOCAL.stat().st_uid
    if owner != os.geteuid():
        raise Stop(
            f"{LOCAL} belongs to another user (uid {owner}), who ran the demo or the tests here before: "
            "run as that user, or delete that folder first."
        )


def make_folders(instance: Instance) -> None:
    """The instance's folders with their owners and modes; `.local/<name>/data` leads to the data."""
    make_local()
    (instance.folder / "logs").mkdir(parents=True, exist_ok=True)
    (instance.folder / "pids").mkdir(exist_ok=True)
    private(_runtime_folder(), ours=True)
    private(instance.sockets)
    if IS_ROOT:
        instance.data.parent.mkdir(parents=True, exist_ok=True)
        link = instance.folder / "data"
        if not link.is_symlink():
            link.symlink_to(instance.data)
    private(instance.data)


def private(folder: Path, *, ours: bool = False) -> None:
    """Make ``folder`` with mode 0700 for the servers' account; ``ours``: a path that others might hold."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (ours and found.st_uid not in (os.geteuid(), _service_uid())):
        raise Stop(f"{folder} belongs to somebody else; remove it and run the same command again.")
    folder.chmod(0o700)
    if IS_ROOT:
        shutil.chown(folder, SERVICE_ACCOUNT, SERVICE_ACCOUNT)


def _service_uid() -> int:
    if not IS_ROOT:
        return os.geteuid()
    import pwd  # noqa: PLC0415 -- slow import

    return pwd.getpwnam(SERVICE_ACCOUNT).pw_uid


def need_space(megabytes: int) -> None:
    """Stop early when the disk of the project or of the data is nearly full."""
    for place in {ROOT, Path("/var/lib") if IS_ROOT else ROOT, Path("/tmp")}:
        free = shutil.disk_usage(place).free // 2**20
        if free < (megabytes if place != Path("/tmp") else 20):
            raise Stop(
                f"The disk of {place} has {free} MB free and {megabytes} MB are needed: make room first."
            )
