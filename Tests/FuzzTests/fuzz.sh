#!/usr/bin/env bash
# Gives every reader many hostile inputs, one process for each, and keeps the inputs that broke one.
#
#   fuzz.sh [SUBJECT...]           INPUTS (1000000), SEED (of the clock), SECONDS_EACH (7200), JOBS (2), FINDINGS (folder)
#   fuzz.sh --replay SUBJECT FILE  gives one input again
# BUNDLE names the tests to run, by default those of the build that `make fuzz` makes: optimised, as what ships; traps and bounds are checked in it all the same.
set -uo pipefail
cd "$(dirname "$0")/../.."

bundle=${BUNDLE:-$(ls -d .build-fuzz/release/*PackageTests.xctest 2>/dev/null | head -1)}
if [ -z "$bundle" ]; then
    echo "fuzz: there is no build; run 'make fuzz'" >&2
    exit 1
fi
export SWIFT_DETERMINISTIC_HASHING=1
subjects() { [ $# -gt 0 ] && echo "$@" || echo event headers sql taxonomy guardrails policy settings article body query model text small gateway; }
run() { "$bundle" --testing-library swift-testing --filter 'FuzzTests\.FuzzTests'; }

if [ "${1:-}" = --replay ]; then
    if [ $# -ne 3 ] || [ ! -r "$3" ]; then
        echo "usage: $0 --replay SUBJECT FILE" >&2
        exit 2
    fi
    HELPDESK_FUZZ_SUBJECT=$2 HELPDESK_FUZZ_REPLAY=$3 HELPDESK_FUZZ_FILE=/dev/null run
    exit
fi

inputs=${INPUTS:-1000000}
seed=${SEED:-$(date +%s)}
limit=${SECONDS_EACH:-7200}
findings=${FINDINGS:-.build/fuzz}
mkdir -p "$findings"
rm -f "$findings"/*.short
echo "fuzz: $inputs inputs each, seed $seed (SEED=$seed repeats), at most $limit s each; what breaks a reader goes to $findings"

# Requests over a real socket, with servers of their own: a fiftieth of the inputs.
gateway() {
    HELPDESK_FUZZ_REQUESTS=$((inputs / 50 + 1)) HELPDESK_FUZZ_SEED=$seed "$bundle" --testing-library swift-testing \
        --filter 'IngestTests\.HostileRequestServerTests' >"$findings/gateway-$seed.log" 2>&1
    local status=$?
    grep -E '^gateway:|recorded an issue' "$findings/gateway-$seed.log" | cut -c1-300
    if [ "$status" -eq 0 ]; then rm -f "$findings/gateway-$seed.log"; else echo "FOUND gateway: see $findings/gateway-$seed.log"; fi
    return "$status"
}

# One subject: again with the next seed after each finding, until five are found.
one() {
    local subject=$1 current="$findings/$1.current" log="$findings/$1.log" left=$inputs now=$seed found=0 done
    if [ "$subject" = gateway ]; then gateway; return; fi
    while [ "$found" -lt 5 ] && [ "$left" -gt 0 ]; do
        (
            # An allocation beyond this fails at once instead of filling the machine.
            ulimit -v 8000000
            ulimit -c 0
            HELPDESK_FUZZ_SUBJECT=$subject HELPDESK_FUZZ_INPUTS=$left HELPDESK_FUZZ_SEED=$now HELPDESK_FUZZ_SECONDS=$limit \
                HELPDESK_FUZZ_FILE=$current run 2>&1
        ) | tee "$log" | grep --line-buffered -E "^$subject: |fuzzing stopped|recorded an issue|Fatal error|Crash|overflow"
        if [ "${PIPESTATUS[0]}" -eq 0 ]; then
            done=$(grep -oE "^$subject: [0-9]+" "$log" | tail -1 | grep -oE '[0-9]+$')
            [ "${done:-0}" -ge "$left" ] || touch "$findings/$subject.short"
            rm -f "$current" "$log"
            break
        fi
        found=$((found + 1))
        cp "$current" "$findings/$subject-$now.input" 2>/dev/null
        cp "$log" "$findings/$subject-$now.log" 2>/dev/null
        echo "FOUND $subject: see $findings/$subject-$now.log; again with: $0 --replay $subject $findings/$subject-$now.input"
        done=$(grep -oE "^$subject: [0-9]+" "$log" | tail -1 | grep -oE '[0-9]+$')
        left=$((left - ${done:-0}))
        now=$((now + 1))
    done
    return "$found"
}

failed=0
running=0
for subject in $(subjects "$@"); do
    if [ "$running" -ge "${JOBS:-2}" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    one "$subject" &
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
if [ "$failed" -ne 0 ]; then
    echo "fuzz: findings; every one is a defect. Mend it and add its input to the reader's tests."
    exit 1
fi
short=$(cd "$findings" && ls ./*.short 2>/dev/null | sed -e 's|^./||' -e 's|\.short$||' | xargs)
if [ -n "$short" ]; then echo "fuzz: $limit s were over before all inputs were through for: $short (SECONDS_EACH gives more)"; fi
echo "fuzz: nothing found"
