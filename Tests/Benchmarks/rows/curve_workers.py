"""Triage with 1, 2 and 4 workers: what another process brings on this machine."""

import statistics

from harness import feed
from harness.table import Figure
from rows import triage


def run_row(context):
    warm_up, records = feed.records(context.texts, triage.WARM_UP, 7), feed.records(context.texts, triage.TICKETS, 8)
    found = {count: [] for count in (1, 2, 4)}
    for _ in range(min(3, context.rounds)):
        for count in found:
            found[count].append(triage.measure(context, f"ours x {count}", triage.ours(context, count), records, warm_up))
    return [
        Figure(
            f"Triage, {count} workers", f"{statistics.median(item['rate'] for item in items):,.0f}/s",
            f"{statistics.median(item['cpu ms/ticket'] for item in items):.3f} ms of processor, {statistics.median(item['memory MiB'] for item in items):.0f} MiB together")
        for count, items in found.items()
    ]  # fmt: skip
