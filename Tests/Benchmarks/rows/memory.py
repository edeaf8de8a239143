"""The Triage worker's resident memory: at a steady rate, and with a backlog."""

import os
import statistics
import threading
import time

from harness import feed, workers
from harness.processes import wait_until
from harness.table import Figure, not_measured

LIMIT = 80
STEADY_SECONDS = 40
RATE = 200
STEP = 0.05
BACKLOG = 30_000


def follow(context, database, process, expected):
    """Resident MiB, four times a second, until everything is stored."""
    samples = []
    with context.cluster.connect(database) as connection:
        while True:
            samples.append(process.memory()[0])
            if connection.execute("SELECT count(*) FROM helpdesk.inbox").fetchone()[0] >= expected:
                return samples
            process.check()
            time.sleep(0.25)


def steadily(broker, records):
    """Publishes them evenly."""
    begun, share, client = time.monotonic(), int(RATE * STEP), feed.producer(broker.address)
    for number, place in enumerate(range(0, len(records), share)):
        delay = begun + number * STEP - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        feed.publish(broker.address, records[place : place + share], client)


def measure(context):
    """Most MiB at a steady rate in the first and the second half of the time, and with a backlog."""
    database = context.database("memory")
    with context.broker() as broker:
        process = workers.triage(context, database, broker)
        with process:
            with context.cluster.connect("memory") as connection:
                wait_until(lambda: workers.joined(connection), "the group")
            steady = feed.records(context.texts, RATE * STEADY_SECONDS, 11)
            feeding = threading.Thread(target=steadily, args=(broker, steady))
            feeding.start()
            samples = follow(context, "memory", process, len(steady))
            feeding.join()
            middle = len(samples) // 2
            result = {"steady": process.memory()[1], "first half": max(samples[:middle]), "second half": max(samples[middle:])}
            # What the embedded broker holds. A million is for a real one.
            backlog = feed.records(context.texts, BACKLOG, 12)
            feed.publish(broker.address, backlog)
            result["samples with backlog"] = follow(context, "memory", process, len(steady) + len(backlog))
            result["backlog"] = process.memory()[1]
    context.note("memory", result)
    context.say(f"  steady {result['steady']:.0f} MiB, with {BACKLOG:,} of backlog {result['backlog']:.0f} MiB")
    return result


def run_row(context):
    found = [measure(context) for _ in range(context.rounds)]
    steady, first, second, backlog = (statistics.median(result[name] for result in found) for name in ("steady", "first half", "second half", "backlog"))
    figures = [
        Figure(f"worker memory at most, {RATE}/s for {STEADY_SECONDS} s", f"{steady:.0f} MiB", "", None, f"< {LIMIT} MiB", steady < LIMIT),
        Figure("the same, second half of the time : first", f"{second:.0f} MiB", f"{first:.0f} MiB", second / first, "flat: < 1.1 x", second < 1.1 * first),
        Figure(f"worker memory at most, backlog of {BACKLOG:,}", f"{backlog:.0f} MiB", "", None, f"< {LIMIT} MiB", backlog < LIMIT),
    ]  # fmt: skip
    if not os.environ.get("KAFKA_BROKERS"):
        figures.append(not_measured("worker memory, backlog of 1,000,000", f"< {LIMIT} MiB, flat", "needs KAFKA_BROKERS"))
    elif not context.is_long:
        figures.append(not_measured("worker memory, backlog of 1,000,000", f"< {LIMIT} MiB, flat", "needs ARGS=--long"))
    else:
        figures.append(million(context))
    return figures


def million(context):
    """Fed before the worker starts; the second half of its life may take no more than the first."""
    database = context.database("memory")
    with context.broker() as broker:
        for part in range(20):
            feed.publish(broker.address, feed.records(context.texts, 50_000, 100 + part))
        with workers.triage(context, database, broker) as process:
            samples = follow(context, "memory", process, 1_000_000)
            most = process.memory()[1]
    context.note("memory", {"what": "backlog of 1000000", "MiB": samples})
    middle = len(samples) // 2
    early, late = max(samples[20:middle]), max(samples[middle:])
    return Figure(
        "worker memory at most, backlog of 1,000,000", f"{most:.0f} MiB (halves {early:.0f}, {late:.0f})", "", None, f"< {LIMIT} MiB, flat",
        most < LIMIT and late < early * 1.1)  # fmt: skip
