"""Triage with 1, 10, 100 thousand and a million tickets stored: whether a help desk grows slower with age."""

from harness import feed, stored, workers
from harness.processes import wait_until
from harness.table import Figure
from rows import triage

SIZES = [1000, 10_000, 100_000, 1_000_000]


def run_row(context):
    warm_up, records = feed.records(context.texts, triage.WARM_UP, 7), feed.records(context.texts, triage.TICKETS, 8)
    figures = []
    for size in SIZES:
        stored.fill(context, "filled", size)

        def start(database, broker):
            process = workers.triage(context, database, broker)
            with context.cluster.connect("triage") as connection:
                wait_until(lambda: workers.joined(connection), "the group")
            return [process]

        context.template = "filled"
        try:
            result = triage.measure(context, f"ours, {size:,} stored", start, records, warm_up)
        finally:
            context.template = "template_bench"
        figures.append(
            Figure(f"Triage, {size:,} tickets stored", f"{result['rate']:,.0f}/s", f"{result['postgres cpu ms/ticket']:.3f} ms of PostgreSQL's processor"))
    return figures
