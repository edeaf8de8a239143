#!/usr/bin/env bash
# Holds a running gateway against its own OpenAPI document, as every role, with generated requests.
# usage: contract.sh short|long   (short: about 2 minutes, seeded; long: 20,000 requests)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
python=$("$root/Tests/Python/environment.sh" contract.txt)
exec "$python" "$root/Tests/Contract/contract.py" "$@"
