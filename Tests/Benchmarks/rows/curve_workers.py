"""Triage with 1, 2 and 4 workers: what another process brings on this machine."""

import statistics

from harness import feed
from harness.table import Figure
from rows import triage


def run_row(context):
    warm_up, records = feed.records(context.texts, triage.WARM_UP, 7), feed.records(context.texts, triage.TICKETS, 8)
    found = {count: [] for count in (1, 2, 4)}
    for _ in range(context.rounds):
        for count in found:
            found[count].append(triage.measure(context, f"ours x {count}", triage.ours(context, count), records, warm_up, "curve-workers"))
    return [triage.cost(f"Triage, {count} worker{'s' if count > 1 else ''}", items) for count, items in found.items()]
