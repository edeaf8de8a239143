#!/usr/bin/env bash
# Installs what the build and the local stack need from Debian. Does nothing when it is all there.
set -euo pipefail

packages=(librdkafka-dev libpq-dev openssl pkg-config postgresql-15 procps python3-venv spin util-linux)

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done

if ! command -v swift >/dev/null; then
    echo "swift: not found. Install a Swift 6.3 toolchain (https://www.swift.org/install/linux) and put it on PATH." >&2
    exit 69
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]}. This machine has no apt-get; install their counterparts and run make again." >&2
    exit 69
fi
run() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
by_hand() {
    echo "$1 Install them as root, then run make again:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 69
}
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then by_hand "Packages are missing, and there is no sudo."; fi

echo "Installing ${missing[*]} (about a minute)"
if [ "$(id -u)" -ne 0 ] && ! sudo -v; then by_hand "Packages are missing, and sudo refused."; fi
# The stack makes a private cluster of its own; Debian's default one would only take port 5432.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    run mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | run tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
words=$(mktemp)
trap 'rm -f "$words"' EXIT
# A source that cannot be reached is no failure as long as the packages are found elsewhere.
run apt-get update -qq 2>"$words" || true
if ! run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 \
    "${missing[@]}" >/dev/null 2>>"$words"; then
    head -n 5 "$words" >&2
    by_hand "apt-get could not install the packages."
fi
