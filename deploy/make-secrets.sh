#!/bin/sh
# Makes the secrets that are missing, one file each, in deploy/secrets (or the folder given).
# Nothing that exists is changed. Needs only openssl; mosquitto_passwd (or docker) for the broker's file.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"

make_secret() { # name, command...
    name=$1
    shift
    if [ -s "$folder/$name" ]; then
        echo "$name: kept"
    else
        "$@" | tr -d '\n' >"$folder/$name"
        echo "$name: made"
    fi
}

fernet_key() { openssl rand -base64 32 | tr '+/' '-_'; }
database_url() { printf 'postgresql://machitry:%s@database:5432/machitry' "$(cat "$folder/database_password")"; }
hashed_passwords() {
    for user in ingest chirpstack; do
        printf '%s:%s\n' "$user" "$(cat "$folder/mqtt_${user}_password")"
    done
}

make_secret secret_key openssl rand -base64 48
make_secret api_key_secret openssl rand -base64 48
make_secret device_key_secrets fernet_key
make_secret webhook_secrets fernet_key
make_secret database_password openssl rand -hex 24
make_secret database_url database_url
make_secret metrics_token openssl rand -hex 24
make_secret mqtt_ingest_password openssl rand -hex 24
make_secret mqtt_chirpstack_password openssl rand -hex 24
make_secret mail_url printf 'smtp://localhost:25'

if [ ! -s "$folder/mqtt_passwords" ]; then
    hashed_passwords >"$folder/mqtt_passwords"
    if command -v mosquitto_passwd >/dev/null 2>&1; then
        mosquitto_passwd -U "$folder/mqtt_passwords"
    else
        docker run --rm -v "$(cd "$folder" && pwd):/s" eclipse-mosquitto:2.0 mosquitto_passwd -U /s/mqtt_passwords
    fi
    echo "mqtt_passwords: made"
fi
# Containers read them as users of their own; the folder itself stays closed.
chmod 0700 "$folder"
chmod 0644 "$folder"/*
echo "Write the mail server into $folder/mail_url, e.g. smtp://user:password@mail.city.example:587?tls=1"
