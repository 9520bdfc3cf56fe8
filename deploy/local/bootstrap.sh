#!/bin/sh
# Finds Python 3.11 or newer (installs Debian's when there is none) and hands over to deploy/local/main.py.
# Everything `make` does on this machine goes through here. Needs nothing but a POSIX shell.
set -eu
cd "$(dirname "$0")/../.."

usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# The system's own first: distributions build it with the optimizations that a Python built by hand mostly
# lacks (a third less time for everything here).
find_python() {
    for candidate in ${PYTHON:-} /usr/bin/python3 python3 python3.11 python3.12 python3.13; do
        if command -v "$candidate" >/dev/null 2>&1 && usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

install_python() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Python 3.11 or newer with venv is needed; install it and run this command again." >&2
        exit 1
    fi
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null 2>&1 || ! { [ -t 1 ] && sudo -v || sudo -n true 2>/dev/null; }; then
            echo "Python 3.11 is missing and this user may not install it: run this command as root or as a user with sudo." >&2
            exit 1
        fi
        as_root="sudo"
    fi
    echo "Installing Python 3 (apt-get)."
    $as_root env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get -qq update && apt-get -qq -y --no-install-recommends install python3 python3-venv make' \
        </dev/null >/dev/null
}

python=$(find_python)
if [ -z "$python" ]; then
    install_python
    python=$(find_python)
fi
if [ -z "$python" ]; then
    echo "This system's Python is older than 3.11: Debian 12 or Ubuntu 24.04 and newer have it." >&2
    exit 1
fi
exec "$python" -B -m deploy.local.main "$@"
