#!/usr/bin/env bash
# Runs the tests under ThreadSanitizer and AddressSanitizer, each with a build of its own.
#
#   sanitize.sh [thread|address...]      FILTER (of test names), KEEP=1 (no new build)
#
# What a sanitizer says is a defect until it is mended or, in code that is not ours, stands in a .supp file with its reason. A test that fails
# counts too: under a sanitizer everything is slower, but no promise may depend on that.
set -uo pipefail
cd "$(dirname "$0")/../.."
export SWIFT_DETERMINISTIC_HASHING=1
here=$PWD/Tests/Sanitize

run() {
    local kind=$1 short scratch reports status found
    case $kind in
    thread) short=tsan ;;
    address) short=asan ;;
    *) echo "sanitize: expected thread or address, found '$kind'" >&2; return 2 ;;
    esac
    scratch=.build-$short
    export HELPDESK_SANITIZE=$kind
    if [ -z "${KEEP:-}" ]; then
        echo "sanitize: building with ${kind^}Sanitizer in $scratch (10 to 30 minutes the first time)"
        swift build --build-tests --sanitize "$kind" --scratch-path "$scratch" 2>&1 | grep -E 'error:|warning: unre|Build' || true
    fi
    local bundle
    bundle=$(ls -d "$scratch"/debug/*PackageTests.xctest 2>/dev/null | head -1)
    if [ -z "$bundle" ]; then echo "sanitize: the build in $scratch has no tests; read the errors above" >&2; return 1; fi
    reports=$scratch/reports
    rm -rf "$reports"
    mkdir -p "$reports"
    # Reports go to files, of this process and of those it starts; the run goes on after one.
    export TSAN_OPTIONS="suppressions=$here/thread.supp log_path=$PWD/$reports/report exitcode=0 halt_on_error=0 history_size=4 second_deadlock_stack=1"
    export ASAN_OPTIONS="log_path=$PWD/$reports/report detect_leaks=1 halt_on_error=1 detect_stack_use_after_return=1 malloc_context_size=25"
    export LSAN_OPTIONS="suppressions=$here/leak.supp print_suppressions=0"
    # One process for each module: what takes ten times as long must not wait for all the others too, and one that dies ends its own tests only.
    local modules=() module status=0
    if [ -n "${FILTER:-}" ]; then modules=("$FILTER"); else modules=($(cd Tests && ls -d ./*Tests | sed -e 's|^./||' | grep -v EndToEndTests)); fi
    for module in "${modules[@]}"; do
        echo "sanitize: ${kind^}Sanitizer: $module"
        local log=$scratch/tests-${module//[^A-Za-z0-9]/_}.log filter=$module
        [ -n "${FILTER:-}" ] || filter="^$module\\."
        "$bundle" --testing-library swift-testing --filter "$filter" >"$log" 2>&1
        local ended=$?
        [ "$ended" -eq 0 ] || { status=1; echo "sanitize: $module ended with $ended ($log)"; }
        grep -E 'recorded an issue|Test run with|Fatal error:|time limit' "$log" | cut -c1-300 | tail -20
        grep -q 'Test run with' "$log" || { status=1; echo "sanitize: $module did not come to its end"; }
    done
    found=$(cat "$reports"/* 2>/dev/null | grep -cE '^SUMMARY: ')
    echo "sanitize: ${kind^}Sanitizer: $found reports, tests ended with $status (all of it: $scratch/tests-*.log, $reports)"
    if [ "$found" -gt 0 ]; then
        cat "$reports"/* | grep -E '^SUMMARY: ' | sort | uniq -c | sort -rn | head -40
        return 1
    fi
    return "$status"
}

kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(thread address)
failed=0
for kind in "${kinds[@]}"; do run "$kind" || failed=1; done
exit "$failed"
