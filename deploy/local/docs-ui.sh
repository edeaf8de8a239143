#!/usr/bin/env bash
# Fetches Swagger UI, which the gateway serves at /docs, from the PyPI package that carries it, into .docs-ui (not committed).
# usage: docs-ui.sh [--optional]   (--optional: without PyPI, say so and go on)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
target=$root/.docs-ui
pin=$root/Tests/Python/docs-ui.txt
optional=${1:-}

if cmp -s "$pin" "$target/installed.txt"; then exit 0; fi

fail() {
    if [ "$optional" = --optional ]; then
        echo "Without the API's documentation at /docs: $1 Later: make docs-ui" >&2
        exit 0
    fi
    echo "$1" >&2
    exit 69
}

command -v python3 >/dev/null || fail "python3: not found (apt-get install python3 python3-venv)."
[ -x "$root/.venv/bin/python" ] || python3 -m venv "$root/.venv" >/dev/null || fail "No virtual environment (apt-get install python3-venv)."
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
# The package is a Django app; only its files are wanted, so neither it nor Django is installed.
timeout 120 "$root/.venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --dest "$wheels" --requirement "$pin" >&2 || fail "PyPI, or the index named by PIP_INDEX_URL, cannot be reached."
"$root/.venv/bin/python" - "$wheels" "$target" <<'PYTHON'
import pathlib, sys, zipfile

wheels, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(exist_ok=True)
folder = "drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist/"
with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
    for name in ("LICENSE", "favicon-32x32.png", "swagger-ui.css", "swagger-ui-bundle.js"):
        (target / name).write_bytes(wheel.read(folder + name))
PYTHON
cp "$pin" "$target/installed.txt"
echo "Swagger UI is in .docs-ui; the gateway serves it at /docs." >&2
