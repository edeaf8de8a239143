"""Triage, from the log to committed rows: ours, the Python worker, and PostgreSQL's own limit."""

import json
import os
import statistics
import time

from harness import decisions, feed, replay, workers
from harness.processes import Failure, Process, wait_until
from harness.table import Figure

TICKETS = 20_000
WARM_UP = 1000


def measure(context, name, start, records, warm_up, row="triage", look=None):
    """Feeds workers that have joined and waits until everything is stored and published.

    `look` is called with the broker's address before the broker goes."""
    database = context.database("triage")
    with context.broker() as broker:
        processes = start(database, broker)
        try:
            with context.cluster.connect("triage") as connection:

                # Some databases have an inbox already.
                since = connection.execute("SELECT clock_timestamp()").fetchone()[0]

                def stored():
                    return connection.execute("SELECT count(*) FROM helpdesk.inbox WHERE received_at >= %s", (since,)).fetchone()[0]

                def settled():
                    return connection.execute("SELECT NOT EXISTS (SELECT FROM helpdesk.outbox)").fetchone()[0]

                wait = processes[0].wait_until
                feed.publish(broker.address, warm_up)
                wait(lambda: stored() >= len(warm_up), "the warm-up", 90)
                wait(settled, "the warm-up's outbox", 60)
                before = [process.cpu() for process in processes]
                postgres = context.cluster.cpu()
                expected = len(warm_up) + len(records)
                started = time.monotonic()
                feed.publish(broker.address, records)
                wait(lambda: stored() >= expected, "the rows", 180, step=0.03)
                seconds = time.monotonic() - started
                wait(settled, "the outbox", 60)
                if look:
                    look(broker.address)
                cpu = sum(process.cpu() for process in processes) - sum(before)
                result = {
                    "who": name, "tickets": len(records), "seconds": seconds, "rate": len(records) / seconds,
                    "cpu ms/ticket": 1000 * cpu / len(records),
                    "postgres cpu ms/ticket": 1000 * (context.cluster.cpu() - postgres) / len(records),
                    "memory MiB": sum(process.memory()[0] for process in processes),
                    "peak MiB": sum(process.memory()[1] for process in processes),
                }  # fmt: skip
        finally:
            for process in processes:
                process.stop()
    context.note(row, result)
    context.say(f"  {name}: {result['rate']:.0f} tickets/s, {result['cpu ms/ticket']:.3f} ms of its processor a ticket, {result['memory MiB']:.0f} MiB")
    return result


def ours(context, count=1):
    def start(database, broker):
        started = [workers.triage(context, database, broker, number + 1) for number in range(count)]
        with context.cluster.connect("triage") as connection:
            wait_until(lambda: workers.joined(connection, count), "the group")
        return started

    return start


def peers(context, decisions, count=1):
    logs = [context.log(f"triage-worker-{number + 1}") for number in range(count)]

    def assigned(log, before):
        """How many partitions a worker has, by the last that it said since; nothing while it has said nothing."""
        with open(log) as file:
            file.seek(before)
            said = [int(line.split()[1]) for line in file if line.startswith("assigned ")]
        return said[-1] if said else None

    def start(database, broker):
        before = [os.path.getsize(log) if os.path.exists(log) else 0 for log in logs]
        started = [
            Process(
                f"python worker {number + 1}",
                [
                    context.python, f"{context.peers}/triage_worker.py", "--brokers", broker.address, "--database", database,
                    "--decisions", decisions, "--fetch-wait", str(broker.fetch_wait),
                ],
                logs[number], {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            for number in range(count)
        ]  # fmt: skip

        def joined():
            held = [assigned(log, place) for log, place in zip(logs, before)]
            return None not in held and 0 not in held and sum(held) == 12

        for process in started:
            process.wait_until(joined, "the whole group's assignment", 120)
        return started

    return start


def cost(name, items):
    """A line of a cost curve: medians."""

    def middle(what):
        return statistics.median(item[what] for item in items)

    return Figure(
        name, f"{middle('rate'):,.0f}/s",
        f"{middle('cpu ms/ticket'):.3f} ms, PostgreSQL {middle('postgres cpu ms/ticket'):.3f} ms of processor, {middle('peak MiB'):.0f} MiB")  # fmt: skip


def run_row(context):
    made = decisions.record(context)
    table = f"{context.results}/decisions.json"
    with open(table, "w") as file:
        json.dump(made, file, default=str)
    warm_up, records = feed.records(context.texts, WARM_UP, 7), feed.records(context.texts, TICKETS, 8)
    contenders = [("ours", ours(context)), ("python", peers(context, table)), ("python x 2", peers(context, table, 2))]
    found, digests = {name: [] for name, _ in contenders}, {}
    limit, limits = replay.Limit(context, table, warm_up, records), {1: [], 2: [], 4: []}
    for _ in range(context.rounds):
        for name, start in contenders:
            is_first, told = name not in digests, []

            def look(address):
                told.extend(decisions.published(address, 3 * (len(records) + len(warm_up))))

            found[name].append(measure(context, name, start, records, warm_up, look=look if is_first else None))
            if is_first:
                with context.cluster.connect("triage") as connection:
                    digests[name] = {**decisions.digest(connection), "published": told}
        for connections, rates in limits.items():
            rates.append(limit.measure(connections))
    context.keep("triage digests", digests)
    if len({repr(digest) for digest in digests.values()}) > 1:
        raise Failure(f"ours and the peers did not store equal rows: {digests}")

    def middle(who, name):
        return statistics.median(result[name] for result in found[who])

    # The peer may have as many processes as serve it best.
    peer = max(("python", "python x 2"), key=lambda who: middle(who, "rate"))
    connections = max(limits, key=lambda count: statistics.median(limits[count]))
    rate, peer_rate, most = middle("ours", "rate"), middle(peer, "rate"), statistics.median(limits[connections])
    cpu, peer_cpu = middle("ours", "cpu ms/ticket"), middle("python", "cpu ms/ticket")
    stored, peer_stored = middle("ours", "postgres cpu ms/ticket"), middle("python", "postgres cpu ms/ticket")
    memory, peer_memory = middle("ours", "peak MiB"), middle("python", "peak MiB")
    return [
        Figure("Triage, tickets/s", f"{rate:,.0f}", f"{peer} [1] {peer_rate:,.0f}", rate / peer_rate, ">= 3 x", rate >= 3 * peer_rate),
        Figure("Triage, worker's processor a ticket", f"{cpu:.3f} ms", f"python [1] {peer_cpu:.3f} ms", cpu / peer_cpu, "<= 0.25 x", cpu <= peer_cpu / 4),
        Figure("Triage, PostgreSQL's processor a ticket", f"{stored:.3f} ms", f"python [1] {peer_stored:.3f} ms", stored / peer_stored),
        Figure("Triage, most memory", f"{memory:.0f} MiB", f"python [1] {peer_memory:.0f} MiB", memory / peer_memory),
        Figure("Triage, of PostgreSQL's own limit", f"{rate:,.0f}", f"{connections} connections {most:,.0f}", rate / most, ">= 0.5 x", rate >= most / 2),
    ]  # fmt: skip
