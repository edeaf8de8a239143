"""The Triage worker's resident memory: at a steady rate, and with a backlog."""

import os
import time

from harness import feed, workers
from harness.processes import wait_until
from harness.table import Figure, not_measured

LIMIT = 80
STEADY_SECONDS = 15
RATE = 200
BACKLOG = 30_000


def follow(context, database, broker, process, expected, feed_more):
    """Resident MiB once a second until everything is stored."""
    samples = []
    with context.cluster.connect(database) as connection:
        while True:
            feed_more(len(samples))
            samples.append(process.memory()[0])
            if connection.execute("SELECT count(*) FROM helpdesk.inbox").fetchone()[0] >= expected:
                return samples
            process.check()
            time.sleep(1)


def run_row(context):
    figures = []
    database = context.database("memory")
    with context.broker() as broker:
        process = workers.triage(context, database, broker)
        with process, context.cluster.connect("memory") as connection:
            wait_until(lambda: workers.joined(connection), "the group")
            steady = feed.records(context.texts, RATE * STEADY_SECONDS, 11)

            def a_second(number):
                feed.publish(broker.address, steady[number * RATE : (number + 1) * RATE])

            samples = follow(context, "memory", broker, process, len(steady), a_second)
            context.note("memory", {"what": "steady", "MiB": samples})
            most = max(samples)
            figures.append(Figure(f"worker memory, steady {RATE}/s", f"{most:.0f} MiB", "", None, f"< {LIMIT} MiB", most < LIMIT))

            # What the embedded broker holds. A million is for a real one.
            backlog = feed.records(context.texts, BACKLOG, 12)
            feed.publish(broker.address, backlog)
            samples = follow(context, "memory", broker, process, len(steady) + len(backlog), lambda _: None)
            context.note("memory", {"what": f"backlog of {BACKLOG}", "MiB": samples})
            most = max(samples)
            figures.append(Figure(f"worker memory, backlog of {BACKLOG:,}", f"{most:.0f} MiB", "", None, f"< {LIMIT} MiB", most < LIMIT))
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
            samples = follow(context, "memory", broker, process, 1_000_000, lambda _: None)
    context.note("memory", {"what": "backlog of 1000000", "MiB": samples})
    middle = len(samples) // 2
    early, late = max(samples[5:middle]), max(samples[middle:])
    return Figure(
        "worker memory, backlog of 1,000,000", f"{late:.0f} MiB (first half {early:.0f})", "", None, f"< {LIMIT} MiB, flat",
        max(early, late) < LIMIT and late < early * 1.1)  # fmt: skip
