#!/usr/bin/env bash
# Checks the protocol model with Spin: the protocol holds, and each broken variant is caught. `check.sh long` looks at more faults.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v spin > /dev/null || { echo "check.sh: expected the model checker spin, found none. Install it: apt-get install spin" >&2; exit 69; }
# The Swift toolchain carries a C compiler.
compiler=$(command -v clang || command -v cc || ls "$(dirname "$(readlink -f "$(command -v swift)")")/clang" 2>/dev/null) ||
    { echo "check.sh: expected a C compiler, found neither clang nor cc. Put the Swift toolchain's bin on the PATH." >&2; exit 69; }

# Prints what pan says; exits 0 when the model holds.
search() {
    spin -a "$@" "$here/pipeline.pml" > spin.txt || { cat spin.txt >&2; exit 70; }
    "$compiler" -O2 -DSAFETY -DCOLLAPSE -DMEMLIM=4000 -o pan pan.c
    ./pan -m1000000 > pan.txt
    if grep -q 'max search depth too small\|Search not completed\|out of memory' pan.txt && ! grep -q 'errors: [1-9]' pan.txt; then
        cat pan.txt >&2
        exit 70
    fi
    grep -q 'errors: 0' pan.txt
}

faults="-DCRASHES=1 -DREBALANCES=2"
[ "${1:-}" = long ] && faults="-DCRASHES=2 -DREBALANCES=2"
# shellcheck disable=SC2086
if search $faults; then
    echo "protocol: holds ($(awk '/states, stored/ {print $1}' pan.txt) states, $faults)"
else
    cat pan.txt >&2
    echo "protocol: BROKEN" >&2
    exit 1
fi
for variant in OFFSET_FIRST DIRECT_PUBLISH NO_INBOX PARK_UNLOCKED; do
    if search -D$variant; then
        echo "variant $variant: not caught; the model looks at too little" >&2
        exit 1
    fi
    echo "variant $variant: caught ($(grep -m1 -o 'assertion violated\|invalid end state' pan.txt))"
done
