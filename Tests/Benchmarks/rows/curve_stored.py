"""Triage with 1, 10, 100 thousand and a million tickets stored: whether a help desk grows slower with age."""

from harness import feed, stored
from rows import triage

SIZES = [1000, 10_000, 100_000, 1_000_000]


def run_row(context):
    warm_up, records = feed.records(context.texts, triage.WARM_UP, 7), feed.records(context.texts, triage.TICKETS, 8)
    figures = []
    for size in SIZES:
        stored.fill(context, "filled", size)
        context.template = "filled"
        try:
            items = [
                triage.measure(context, f"ours, {size:,} stored", triage.ours(context), records, warm_up, "curve-stored")
                for _ in range(context.rounds)
            ]
        finally:
            context.template = "template_bench"
        figures.append(triage.cost(f"Triage, {size:,} tickets stored", items))
    return figures
