"""Strict readers of the environment: a bad value stops the start with one clear sentence.

Every name begins with ``MACHITRY_``. A secret may be given as ``<NAME>_FILE`` (the path of a
file that holds it). ``load_env_file`` reads the ``KEY=value`` file that the local service
manager writes; what the environment already holds wins.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def load_env_file(path: Path) -> None:
    """Put the ``KEY=value`` lines of ``path`` in the environment, unless set already."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        key, sep, value = line.strip().removeprefix("export ").partition("=")
        if sep and not key.startswith("#"):
            os.environ.setdefault(key.strip(), value.strip().strip("'\""))


def env_str(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"The environment variable {name} is not set.")
    return value


def env_bool(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def env_int(name: str, default: int, *, minimum: int = 0) -> int:
    raw = os.environ.get(name, "")
    if raw == "":
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None
    if value < minimum:
        raise ImproperlyConfigured(f"{name} must be {minimum} or more, not {value}.")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_secret(name: str, default: str | None = None) -> str:
    """A secret from ``name`` or from the file named by ``name_FILE``; never empty."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        try:
            value = Path(file_name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from None
    else:
        value = env_str(name, default)
    if not value:
        raise ImproperlyConfigured(f"{name} is empty.")
    return value


def env_secrets(name: str, single: str) -> list[str]:
    """Secrets that take one another's place, newest first, from ``name`` (with commas between them).

    ``single`` is the older name of one secret: it comes last, and is needed when ``name`` is not given.
    """
    if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
        return [env_secret(single)]
    found = [part.strip() for part in env_secret(name).split(",") if part.strip()]
    if os.environ.get(single) or os.environ.get(f"{single}_FILE"):
        found.append(env_secret(single))
    if not found:
        raise ImproperlyConfigured(f"{name} is empty.")
    return list(dict.fromkeys(found))


def _address(name: str, value: str) -> SplitResult:
    """``value`` split; the sentence of a refusal never repeats it, for it may hold a password."""
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address that can be read (host or port).") from None
    return url


def database(name: str = "MACHITRY_DATABASE_URL") -> dict[str, Any]:
    """A DATABASES entry from ``postgresql://user:password@host:port/db?host=/socket/dir``."""
    url = _address(name, env_secret(name))
    if url.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(f"{name} must begin with postgresql://, the only database we support.")
    query = parse_qs(url.query)
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.get("host", [url.hostname or ""])[0],
        "PORT": query.get("port", [str(url.port or "")])[0],
        "CONN_MAX_AGE": env_int("MACHITRY_DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer in transaction mode cannot keep prepared statements.
        "OPTIONS": {"prepare_threshold": None},
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


def email(name: str = "MACHITRY_MAIL_URL", default: str | None = None) -> dict[str, Any]:
    """The transport behind the outbox: ``smtp://user:password@host:587?tls=1`` or ``file:///folder``."""
    url = _address(name, env_secret(name, default))
    if url.scheme == "file":
        return {
            "backend": "django.core.mail.backends.filebased.EmailBackend",
            "options": {"file_path": url.path},
        }
    if url.scheme == "memory":
        return {"backend": "django.core.mail.backends.locmem.EmailBackend", "options": {}}
    if url.scheme not in ("smtp", "smtps"):
        raise ImproperlyConfigured(f"{name} must begin with smtp://, smtps:// or file://.")
    query = parse_qs(url.query)
    return {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "options": {
            "host": url.hostname or "localhost",
            "port": url.port or (465 if url.scheme == "smtps" else 25),
            "username": unquote(url.username or ""),
            "password": unquote(url.password or ""),
            "use_tls": query.get("tls", ["0"])[0] == "1",
            "use_ssl": url.scheme == "smtps",
            "timeout": 20,
        },
    }
