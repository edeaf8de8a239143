"""From a submission at the gateway to a ticket that is stored and classified, at 200 a second with every stage running."""

import http.client
import json
import multiprocessing
import statistics
import threading
import time

import psycopg

from harness import workers
from harness.processes import Failure, Process, free_port, is_ready, wait_until
from harness.table import Figure, quantile

RATE = 200
CLIENTS = 16
SECONDS = 20


def submit(context, port, bodies, count):
    """Posts at an even rate from several connections. When each was due, by ticket: whoever is late with sending does not make the answer look quick."""
    begun, began, sent, failed, lock = time.monotonic(), time.time(), {}, [], threading.Lock()

    def client(first):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {context.key}"}
        for number in range(first, count, CLIENTS):
            delay = begun + number / RATE - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            connection.request("POST", "/v1/tickets", bodies[number % len(bodies)], headers)
            answer = connection.getresponse()
            body = answer.read()
            with lock:
                if answer.status == 202:
                    sent[json.loads(body)["id"]] = began + number / RATE
                else:
                    failed.append(f"{answer.status} {body[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=client, args=(first,)) for first in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise Failure(f"{len(failed)} of {count} submissions were not accepted, the first: {failed[0]}")
    rate = count / (time.monotonic() - begun)
    if rate < 0.98 * RATE:
        raise Failure(f"only {rate:.0f} submissions a second were made instead of {RATE}")
    return sent


def watch(url, ready, seen):
    """When each ticket could first be read: a process of its own that asks, a few milliseconds after the last answer, what the last moments brought, and now and
    then what the last seconds did. What the asking takes is in the figure, so it asks for no more than it must."""
    found, looks = {}, 0
    with psycopg.connect(url, autocommit=True) as connection:
        ready.set()
        while ready.is_set():
            since = time.time() - (0.3 if looks % 20 else 3)
            looks += 1
            rows = connection.execute("SELECT id FROM helpdesk.tickets WHERE submitted_at > to_timestamp(%s) AND version > 0", (since,), prepare=True)
            now = time.time()
            for (ticket,) in rows.fetchall():
                found.setdefault(ticket, now)
            time.sleep(0.003)
    seen.put({str(ticket): at for ticket, at in found.items()})


def measure(context, port, bodies, count):
    """Milliseconds of every ticket."""
    url = context.cluster.url("latency")
    ready, answers = multiprocessing.Event(), multiprocessing.Queue()
    watcher = multiprocessing.Process(target=watch, args=(url, ready, answers), daemon=True)
    watcher.start()
    try:
        if not ready.wait(20):
            raise Failure("the watching process did not start")
        sent = submit(context, port, bodies, count)
        time.sleep(2)
        ready.clear()
        seen = answers.get(timeout=20)
    finally:
        watcher.terminate()
    if missing := set(sent) - set(seen):
        raise Failure(f"{len(missing)} of {len(sent)} tickets could not be read within 2 s of the last submission")
    return [(seen[ticket] - at) * 1000 for ticket, at in sent.items()]


def spent(context, processes):
    """Seconds of processor that each process and PostgreSQL have used so far."""
    return {process.name: process.cpu() for process in processes} | {"PostgreSQL": context.cluster.cpu()}


def run_row(context):
    count = RATE * (60 if context.is_long else SECONDS)
    bodies = [
        json.dumps({"requester": {"id": f"learner-{n}"}, "persona": text.persona, "subject": text.subject, "body": text.body}).encode()
        for n, text in enumerate(context.texts)
    ]  # fmt: skip
    database = context.database("latency")
    found = []
    with context.broker() as broker:
        environment = {"DATABASE_URL": database, "SWIFT_BACKTRACE": "enable=no", "LIMITS_ADDRESS": "off", "LIMITS_KEY": "off", "LIMITS_ACCOUNT": "off",
                       **broker.environment}  # fmt: skip
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
            with context.cluster.connect("latency") as connection:
                wait_until(lambda: workers.joined(connection), "the group")
            submit(context, port, bodies, RATE * 3)
            for _ in range(context.rounds):
                before = spent(context, processes)
                waits = measure(context, port, bodies, count)
                processor = {name: (seconds - before[name]) / count * 1000 for name, seconds in spent(context, processes).items()}
                result = {
                    "tickets": len(waits), "p50 ms": quantile(waits, 0.5), "p99 ms": quantile(waits, 0.99), "mean ms": statistics.fmean(waits),
                    "max ms": max(waits), "processor ms a ticket": processor,
                }  # fmt: skip
                found.append(result)
                context.note("latency", result)
                context.say(
                    f"  p50 {result['p50 ms']:.1f} ms, p99 {result['p99 ms']:.1f} ms, the slowest {result['max ms']:.1f} ms; processor a ticket: "
                    + ", ".join(f"{name} {spent_:.2f} ms" for name, spent_ in processor.items()))
        finally:
            for process in reversed(processes):
                process.stop()
    p50, p99 = (statistics.median(result[name] for result in found) for name in ("p50 ms", "p99 ms"))
    return [
        Figure(f"submitted to visible and classified, {RATE}/s, p50", f"{p50:.1f} ms", "", None, "< 20 ms", p50 < 20),
        Figure(f"submitted to visible and classified, {RATE}/s, p99", f"{p99:.1f} ms", "", None, "< 100 ms", p99 < 100),
    ]  # fmt: skip
