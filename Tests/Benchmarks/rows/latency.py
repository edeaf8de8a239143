"""From a submission at the gateway to a ticket that is stored and classified, at 200 a second with every stage running."""

import http.client
import json
import statistics
import threading
import time

from harness import workers
from harness.processes import Process, free_port, is_ready, wait_until
from harness.table import Figure

RATE = 200
CLIENTS = 16


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def submit(context, port, bodies, count):
    """Posts at an even rate from several connections; when each was sent, by ticket."""
    begun, sent, lock = time.monotonic(), {}, threading.Lock()

    def client(first):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {context.key}"}
        for number in range(first, count, CLIENTS):
            delay = begun + number / RATE - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            at = time.time()
            connection.request("POST", "/v1/tickets", bodies[number % len(bodies)], headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 202:
                with lock:
                    sent[json.loads(body)["id"]] = at
        connection.close()

    threads = [threading.Thread(target=client, args=(first,)) for first in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def watch(connection, seen, goes_on):
    """When each ticket could first be read, to a few milliseconds: asks again and again what the last ten seconds brought."""
    while goes_on():
        rows = connection.execute(
            "SELECT id::text FROM helpdesk.tickets WHERE submitted_at > clock_timestamp() - interval '10 seconds' AND version > 0").fetchall()
        now = time.time()
        for (ticket,) in rows:
            seen.setdefault(ticket, now)
        time.sleep(0.003)


def run_row(context):
    count = RATE * (60 if context.is_long else 20)
    bodies = [
        json.dumps({"requester": {"id": f"learner-{n}"}, "persona": text.persona, "subject": text.subject, "body": text.body}).encode()
        for n, text in enumerate(context.texts)
    ]  # fmt: skip
    database = context.database("latency")
    with context.broker() as broker:
        environment = {"DATABASE_URL": database, "SWIFT_BACKTRACE": "enable=no", **broker.environment}
        port = free_port()
        processes = [
            Process(
                "ingest", [f"{context.bin}/ingest", "serve", "--http-port", str(port), "--log-level", "warning"], context.log("latency-ingest"),
                environment),
            workers.triage(context, database, broker),
        ]  # fmt: skip
        for name, settings in (
            ("escalation-worker", ["--escalation-policy", f"{context.repository}/deploy/config/escalation-policy.yaml",
                                   "--escalation-taxonomy", f"{context.repository}/deploy/config/taxonomy.yaml"]),
            ("metrics-worker", []),
        ):  # fmt: skip
            health = free_port()
            processes.append(
                Process(name, [f"{context.bin}/{name}", "run", "--health-port", str(health), *settings], context.log(name), environment))
            processes[-1].wait_until(lambda: is_ready(f"http://127.0.0.1:{health}/readyz"), "readiness")
        try:
            processes[0].wait_until(lambda: is_ready(f"http://127.0.0.1:{port}/readyz"), "readiness")
            with context.cluster.connect("latency") as connection, context.cluster.connect("latency") as reader:
                wait_until(lambda: workers.joined(connection), "the group")
                submit(context, port, bodies, RATE * 3)
                seen, running = {}, [True]
                thread = threading.Thread(target=watch, args=(reader, seen, lambda: running[0]))
                thread.start()
                try:
                    sent = submit(context, port, bodies, count)
                    wait_until(lambda: set(sent) <= set(seen), "the last tickets", 30)
                finally:
                    running[0] = False
                    thread.join()
        finally:
            for process in reversed(processes):
                process.stop()
    waits = [(seen[ticket] - at) * 1000 for ticket, at in sent.items()]
    p50, p99 = quantile(waits, 0.5), quantile(waits, 0.99)
    context.note("latency", {"tickets": len(waits), "p50 ms": p50, "p99 ms": p99, "mean ms": statistics.fmean(waits), "max ms": max(waits)})
    return [
        Figure(f"submitted to visible and classified, {RATE}/s, p50", f"{p50:.1f} ms", "", None, "< 20 ms", p50 < 20),
        Figure(f"submitted to visible and classified, {RATE}/s, p99", f"{p99:.1f} ms", "", None, "< 100 ms", p99 < 100),
    ]  # fmt: skip
