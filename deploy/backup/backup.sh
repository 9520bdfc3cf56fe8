#!/bin/sh
# Backs up the database and the uploaded files into a new folder.
#   MACHITRY_DATABASE_URL=… MACHITRY_MEDIA_ROOT=… sh deploy/backup/backup.sh /var/backups/machitry
# The secrets are not in it: keep /etc/machitry/secrets (or deploy/secrets) elsewhere, see docs/operate/.
set -eu
target=${1:?usage: backup.sh FOLDER}
url=${MACHITRY_DATABASE_URL:-$(cat "${MACHITRY_DATABASE_URL_FILE:?MACHITRY_DATABASE_URL is not set}")}
media=${MACHITRY_MEDIA_ROOT:?MACHITRY_MEDIA_ROOT is not set}
keep_days=${KEEP_DAYS:-}

umask 077
mkdir -p "$target"
name="machitry-$(date -u +%Y%m%dT%H%M%SZ)"
work="$target/.$name.unfinished"
trap 'rm -rf "$work"' EXIT
mkdir "$work"

# One snapshot of the whole database; files are copied after it, so that no row lacks its file.
pg_dump --dbname="$url" --format=custom --no-owner --no-privileges --file="$work/database.dump"
pg_restore --list "$work/database.dump" >/dev/null
if [ -d "$media" ]; then
    # Exports are made of what is in the database, and live for days only.
    tar -C "$media" --exclude=./exports -czf "$work/media.tar.gz" .
fi
(cd "$work" && sha256sum database.dump media.tar.gz 2>/dev/null >SHA256SUMS || sha256sum database.dump >SHA256SUMS)
mv "$work" "$target/$name"

# Older ones go only after a new one is complete.
if [ -n "$keep_days" ]; then
    find "$target" -maxdepth 1 -type d -name 'machitry-*' -mtime "+$keep_days" -exec rm -rf {} +
fi
echo "$target/$name"
