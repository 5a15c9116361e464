#!/bin/sh
# Installs what the system tests need, where this user may. What is missing afterwards is skipped, and named, by the tests.
set -eu
missing=
for pair in mosquitto:mosquitto influxd:influxdb victoria-metrics:victoria-metrics chromium:chromium chromedriver:chromium-driver; do
    PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "not installed, so their tests will be skipped:$missing (apt install them as root to run everything)"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# One after the other: a package that this system does not have must not keep the others away.
apt-get update -qq || true
for package in $missing fonts-noto-cjk; do
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
        echo "could not install $package: its tests will be skipped"
done
