#!/bin/sh
# Restores a backup into an EMPTY database and media folder; refuses anything else.
#   MACHITRY_DATABASE_URL=… MACHITRY_MEDIA_ROOT=… sh deploy/backup/restore.sh FOLDER/machitry-…
set -eu
backup=${1:?usage: restore.sh BACKUP_FOLDER}
url=${MACHITRY_DATABASE_URL:-$(cat "${MACHITRY_DATABASE_URL_FILE:?MACHITRY_DATABASE_URL is not set}")}
media=${MACHITRY_MEDIA_ROOT:?MACHITRY_MEDIA_ROOT is not set}

(cd "$backup" && sha256sum --check --quiet SHA256SUMS) || {
    echo "$backup is damaged: its checksums do not match. Nothing was restored." >&2
    exit 1
}
tables=$(psql "$url" -XtAc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys'")
if [ "$tables" != 0 ]; then
    echo "The database holds $tables tables already: restore into an empty one. Nothing was restored." >&2
    exit 1
fi
if [ -d "$media" ] && [ -n "$(ls -A "$media")" ]; then
    echo "$media is not empty: restore into an empty folder. Nothing was restored." >&2
    exit 1
fi

# All or nothing. Comments are left out: that of PostGIS belongs to whoever installed it.
pg_restore --dbname="$url" --no-owner --no-privileges --no-comments --single-transaction --exit-on-error \
    "$backup/database.dump"
psql "$url" -Xqc "ANALYZE"
if [ -f "$backup/media.tar.gz" ]; then
    mkdir -p "$media"
    tar -C "$media" -xzf "$backup/media.tar.gz"
fi
rows=$(psql "$url" -XtAc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
echo "Restored: $rows tables. Now run manage.py migrate, then start the portal."
