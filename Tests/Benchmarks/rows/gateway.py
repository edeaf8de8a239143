"""The gateway: from `POST /v1/tickets` to the answer that the log has it."""

import json
import os
import shutil
import statistics

from harness.processes import Failure, Process, free_port, is_ready, run, wait_until
from harness.table import Figure

CONNECTIONS = 32


def bodies(context):
    """One JSON body a line; `@@` stands where each request differs."""
    path = f"{context.results}/bodies.jsonl"
    with open(path, "w") as file:
        for number, text in enumerate(context.texts[:200]):
            person = {"id": f"learner-{number}", "name": f"Learner {number}", "email": f"learner-{number}@example.org"}
            body = {"requester": person, "persona": text.persona, "channel": "api", "subject": text.subject, "body": text.body + " (session @@)",
                    "course": text.course, "module": text.module}  # fmt: skip
            file.write(json.dumps(body, ensure_ascii=False) + "\n")
    return path


def start(context, who, broker, database):
    port = free_port()
    environment = {"DATABASE_URL": database, "SWIFT_BACKTRACE": "enable=no", **broker.environment}
    # One key from one address asks for more than all its quota: what is measured is the way of a request, authentication included.
    environment |= {"LIMITS_ADDRESS": "off", "LIMITS_KEY": "off", "LIMITS_ACCOUNT": "off"}
    if who == "ours":
        command = [f"{context.bin}/ingest", "serve", "--http-port", str(port), "--log-level", "warning"]
    elif who == "echo":
        command = [f"{context.bin}/Benchmarks", "echo", "--port", str(port)]
    else:
        command = [
            context.python, "-m", "uvicorn", "gateway:app", "--app-dir", context.peers, "--port", str(port), "--loop", "uvloop", "--http",
            "httptools", "--log-level", "warning", "--no-access-log",
        ]  # fmt: skip
    process = Process(who, command, context.log(f"gateway-{who}"), environment, cores="0" if os.cpu_count() > 1 else None)
    address = f"http://127.0.0.1:{port}"

    def answers():
        return is_ready(f"{address}/readyz") if who == "ours" else _listens(port)

    process.wait_until(answers, "readiness")
    return process, address


def _listens(port):
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def others():
    """The cores that the server under test has not to itself; None on a machine of one core."""
    return "1-%d" % (os.cpu_count() - 1) if os.cpu_count() > 1 else None


def load(context, address, seconds, keyed=False):
    """wrk on the other cores; the server under test has the first for itself."""
    command = [
        "wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s", "-s",
        f"{context.repository}/Tests/Benchmarks/rows/submit.lua", address, "--", context.key, bodies(context), "keyed" if keyed else "plain",
    ]  # fmt: skip
    if others():
        command = ["taskset", "-c", others(), *command]
    return json.loads(run(command).splitlines()[-1])


def measure(context, who, seconds, keyed=False):
    database = context.database("gateway")
    with context.broker(others()) as broker:
        process, address = start(context, who, broker, database)
        with process:
            load(context, address, 1, keyed)
            before = process.cpu()
            result = load(context, address, seconds, keyed)
            cpu = process.cpu() - before
            if result["failed"]:
                raise Failure(f"{result['failed']} of {result['requests']} requests to {who} failed; see {process.log}")
            result.update({
                "who": who, "keyed": keyed, "rate": result["requests"] / result["seconds"], "cpu us/request": 1e6 * cpu / result["requests"],
                "memory MiB": process.memory()[0],
            })  # fmt: skip
    context.note("gateway", result)
    context.say(
        f"  {who}{' with idempotency keys' if keyed else ''}: {result['rate']:.0f} requests/s, p99 {result['p99 ms']:.1f} ms, "
        f"{result['cpu us/request']:.0f} us of its processor a request")
    return result


def run_row(context):
    if not shutil.which("wrk"):
        raise Failure("found no wrk, which makes the requests; install it (apt-get install wrk)")
    everyone = ("ours", "fastapi", "echo")
    found = {who: [] for who in everyone}
    context.cluster.keep_to(others())
    try:
        for _ in range(context.rounds):
            for who in everyone:
                found[who].append(measure(context, who, context.seconds))
    finally:
        context.cluster.keep_to("0-%d" % (os.cpu_count() - 1))

    def middle(who, name):
        return statistics.median(result[name] for result in found[who])

    rate, peer, echo = (middle(who, "rate") for who in everyone)
    cpu, peer_cpu = middle("ours", "cpu us/request"), middle("fastapi", "cpu us/request")
    p99 = middle("ours", "p99 ms")
    return [
        Figure("gateway, requests/s", f"{rate:,.0f}", f"FastAPI {peer:,.0f}", rate / peer, ">= 6 x", rate >= 6 * peer),
        Figure("gateway, of a bare echo", f"{rate:,.0f}", f"echo {echo:,.0f}", rate / echo, ">= 0.65 x", rate >= 0.65 * echo),
        Figure(f"gateway, p99 at {CONNECTIONS} connections", f"{p99:.1f} ms", f"FastAPI {middle('fastapi', 'p99 ms'):.1f} ms", p99 / middle("fastapi", "p99 ms"), "< 10 ms", p99 < 10),
        Figure("gateway, memory", f"{middle('ours', 'memory MiB'):.0f} MiB", f"FastAPI {middle('fastapi', 'memory MiB'):.0f} MiB", middle("ours", "memory MiB") / middle("fastapi", "memory MiB")),
        Figure("gateway, processor a request", f"{cpu:.0f} us", f"FastAPI {peer_cpu:.0f} us", cpu / peer_cpu, "<= 0.25 x", cpu <= peer_cpu / 4),
    ]  # fmt: skip
