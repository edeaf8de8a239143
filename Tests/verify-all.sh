#!/usr/bin/env bash
# Everything that a change must pass and continuous integration is too short for. Goes on after a failure and says at the end what failed.
# SEEDS (1 2 3) are those of the faults; each part can be run alone by the name that is printed before it.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
part() {
    local started=$SECONDS
    echo "== make $*"
    if make --no-print-directory "$@"; then
        echo "== make $*: passed in $((SECONDS - started)) s"
    else
        echo "== make $*: FAILED after $((SECONDS - started)) s"
        failed+=("make $*")
    fi
}

part lint
part test
part model LONG=long
for seed in ${SEEDS:-1 2 3}; do part chaos SEED="$seed"; done
part fuzz
part sanitize
part bench

if [ ${#failed[@]} -gt 0 ]; then
    echo "verify-all: failed after $SECONDS s:"
    printf '  %s\n' "${failed[@]}"
    exit 1
fi
echo "verify-all: everything passed in $SECONDS s"
