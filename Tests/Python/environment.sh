#!/usr/bin/env bash
# Makes .venv with the Python tools of the checks and prints its interpreter. Later calls do nothing.
# usage: environment.sh [REQUIREMENTS...]   (file names in this folder; default: requirements.txt)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$(cd "$here/../.." && pwd)/.venv
[ $# -gt 0 ] || set -- requirements.txt

fail() {
    echo "$1" >&2
    exit 69
}

command -v python3 >/dev/null || fail "python3: not found. Install it: apt-get install python3 python3-venv"
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv" >&2 || fail "No virtual environment could be made. Install the module: apt-get install python3-venv"
fi
for name in "$@"; do
    stamp=$venv/installed-$name
    if ! cmp -s "$here/$name" "$stamp"; then
        echo "Installing the Python packages of Tests/Python/$name (about a minute)" >&2
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/$name" >&2 \
            || fail "pip could not install $name. It needs PyPI, or an index named by PIP_INDEX_URL."
        cp "$here/$name" "$stamp"
    fi
done
echo "$venv/bin/python"
