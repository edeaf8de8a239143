#!/usr/bin/env bash
# Rules of this repository that no compiler checks.
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"
failed=0
complain() { echo "check-repository: $1" >&2; failed=1; }

# Only the two modules that own a C library may import it.
while read -r file; do complain "$file: only Sources/Shared/Kafka may import CRDKafka"; done \
    < <(git grep -lE '^ *(public |@preconcurrency )*import CRDKafka' -- '*.swift' | grep -v '^Sources/Shared/Kafka/' || true)
while read -r file; do complain "$file: only Sources/Shared/Postgres may import CPostgres"; done \
    < <(git grep -lE '^ *(public |@preconcurrency )*import CPostgres' -- '*.swift' | grep -v '^Sources/Shared/Postgres/' || true)

# SQL lives in Stores; the gateway routes.
while read -r line; do complain "$line: SQL belongs into Sources/Shared/Stores"; done \
    < <(git grep -nE '(SELECT .* FROM|INSERT INTO|DELETE FROM|UPDATE .* SET) ' -- Sources/Ingest Sources/*Worker Sources/Shared/WorkerLaunch | head -5 || true)

# Generated or machine-bound files.
while read -r file; do complain "$file: must not be committed"; done \
    < <(git ls-files | grep -E '(^|/)(\.build|\.local|Package\.resolved)(/|$|-)' || true)

exit "$failed"
