"""Runs schemathesis against a gateway of a stack of its own, as every role that exists.

A breach of the contract or a 5xx ends with status 1 and the request that led to it, as a curl line. The reports stay in
.local-contract/reports.
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / ".build" / os.environ.get("CONFIGURATION", "debug")
DIRECTORY = ROOT / ".local-contract"
ROLES = ["end_user", "agent", "admin"]
SHORT_SECONDS_PER_ROLE = 25
LONG_CASES = 20_000
# What fits the schema is taken, but for what no schema can say. 412: the ticket is at another version. 422: a role that does not exist, a key used
# for another body, a password that is easy to guess. 400 only where a cursor is none that the gateway signed.
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429", "503"]
CHECKS = f"""[checks.positive_data_acceptance]
expected-statuses = {json.dumps(ACCEPTED)}

# 428 is the answer to a missing If-Match (RFC 6585).
[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "404", "406", "415", "422", "428"]

# A ticket is acknowledged by the log (202) and is there moments later; until then 404 says just that.
[[operations]]
include-path-regex = "^/v1/tickets/"
checks.ensure_resource_availability.enabled = false

# The same body under the same Idempotency-Key is answered with the key that was made first, which may have been revoked since.
[[operations]]
include-path-regex = "^/v1/keys/"
checks.ensure_resource_availability.enabled = false

[[operations]]
include-operation-id = ["listTickets", "exportTickets"]
checks.positive_data_acceptance.expected-statuses = {json.dumps(ACCEPTED + ["400"])}

"""


class Stack:
    """`helpdesk up` in a directory of its own, on any free port, without the limits that a fuzzer would run into."""

    def __init__(self):
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        DIRECTORY.mkdir()
        self.log = open(DIRECTORY / "up.log", "wb")
        environment = os.environ | {"LIMITS_ADDRESS": "off", "LIMITS_KEY": "off", "LIMITS_ACCOUNT": "off"}
        for name in ("KAFKA_BROKERS", "DATABASE_URL"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [BIN / "helpdesk", "up", "--directory", DIRECTORY / "stack", "--http-port", "0", "--feed", "60"],
            stdout=self.log, stderr=self.log, env=environment, cwd=ROOT)

    def variables(self):
        """What `helpdesk env` exports, once the stack is ready."""
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                sys.exit(f"The stack ended ({self.process.returncode}); see {DIRECTORY}/up.log.")
            done = subprocess.run(
                [BIN / "helpdesk", "env", "--directory", DIRECTORY / "stack"], capture_output=True, text=True, cwd=ROOT)
            found = dict(re.findall(r"export (\w+)='([^']*)'", done.stdout))
            if "GATEWAY_URL" in found and "GATEWAY_KEY" in found and is_ready(found["GATEWAY_URL"]):
                return found
            time.sleep(0.5)
        sys.exit(f"The stack was not ready within 4 minutes; see {DIRECTORY}/up.log.")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()


def is_ready(url):
    """Addresses are known before anything answers there."""
    try:
        with urllib.request.urlopen(url + "/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def make_key(role, requester, variables):
    environment = os.environ | {"DATABASE_URL": variables["DATABASE_URL"]}
    done = subprocess.run(
        [BIN / "ingest", "create-key", "--name", f"contract-{role}-{secrets.token_hex(3)}", "--role", role, "--requester", requester],
        capture_output=True, text=True, env=environment, check=True)
    return done.stdout.split()[-1]


def submit(url, key):
    """A ticket, classified, and its id: so that generated requests meet something."""
    body = json.dumps({"subject": "Lab frozen", "body": "It does not move since this morning."}).encode()
    request = urllib.request.Request(
        url + "/v1/tickets", body, {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Prefer": "wait=20"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["id"]


def run(role, key, url, ticket, number, *, seconds=None, examples=None, seed=1):
    """One run of schemathesis. Returns (cases, failed)."""
    reports = DIRECTORY / "reports"
    reports.mkdir(exist_ok=True)
    report = reports / f"{role}-{number}.ndjson"
    config = DIRECTORY / "schemathesis.toml"
    # Half of the runs speak of a ticket that is there.
    of_ticket = f'[[operations]]\ninclude-path-regex = "^/v1/tickets/"\nparameters = {{ "path.id" = "{ticket}" }}\n'
    config.write_text(CHECKS + (of_ticket if ticket else ""))
    command = [
        BIN_SCHEMATHESIS, "--config-file", config, "run", url + "/openapi.json", "--header", f"Authorization: Bearer {key}",
        "--checks", "all", "--seed", str(seed), "--generation-database", "none", "--no-color", "--suppress-health-check", "all",
        "--report", "ndjson", "--report-ndjson-path", report, "--request-timeout", "60", "--warnings", "off",
        # Files and figures, of which there is nothing to vary, and a stream, which does not end.
        "--exclude-path-regex", "^/(docs|metrics|v1/tickets/stream)",
    ]
    # Repeats without end, so that only short runs, which have a time, take it in.
    if seconds:
        command += ["--max-time", str(seconds)]
    if examples:
        command += ["--max-examples", str(examples)]
    log = reports / f"{role}-{number}.txt"
    with open(log, "wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=DIRECTORY)
    text = log.read_text(errors="replace")
    generated = re.search(r"([\d,]+) generated", text)
    cases = int(generated.group(1).replace(",", "")) if generated else 0
    print(f"{role}, {'a ticket that is there' if ticket else 'any id'}: {cases} requests, {'FAILED' if done.returncode else 'no breach'}", flush=True)
    if done.returncode:
        start = text.find("= FAILURES =")
        print(text[max(0, start - 40):][:12_000])
    return cases, done.returncode != 0


BIN_SCHEMATHESIS = pathlib.Path(sys.executable).parent / "schemathesis"


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in ("short", "long"):
        sys.exit("usage: contract.sh short|long")
    is_long = sys.argv[1] == "long"
    seed = int(os.environ.get("SEED", "1"))
    stack = Stack()
    failed = False
    total = 0
    try:
        variables = stack.variables()
        url = variables["GATEWAY_URL"]
        number = 0
        while True:
            for role in ROLES:
                # A key that a run revoked does not spoil the next.
                key = make_key(role, f"contract-{role}", variables)
                ticket = submit(url, key)
                for there in (ticket, None):
                    number += 1
                    bounds = {"examples": 60} if is_long else {"seconds": SHORT_SECONDS_PER_ROLE // 2}
                    cases, bad = run(role, make_key(role, f"contract-{role}", variables), url, there, number, seed=seed + number, **bounds)
                    total += cases
                    failed = failed or bad
                    if cases == 0:
                        sys.exit(f"schemathesis sent nothing; see {DIRECTORY}/reports/{role}-{number}.txt.")
            if failed or not is_long or total >= LONG_CASES:
                break
        if stack.process.poll() is not None:
            failed = True
            print("The stack did not survive.")
    finally:
        stack.stop()
    print(f"{total} requests as {len(ROLES)} roles: {'breaches, see above and ' + str(DIRECTORY / 'reports') if failed else 'no breach of the contract'}.")
    sys.exit(1 if failed else 0)


main()
