#!/bin/sh
# Writes the hash-locked requirements from their .in files. Uses uv, kept in .local/uv.
set -eu
cd "$(dirname "$0")/../.."
uv=.local/uv/bin/uv
if [ ! -x "$uv" ]; then
    .venv/bin/python -m venv .local/uv
    .local/uv/bin/pip install --quiet --disable-pip-version-check uv
fi
options="--quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header"
# shellcheck disable=SC2086
for name in requirements requirements-test deploy/local/node; do
    "$uv" pip compile $options "$name.in" -o "$name.txt"
    echo "$name.txt"
done
