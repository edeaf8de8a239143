"""`make bench`: measures the figures that the design sets targets for, and prints one table.

Ours and each peer run in turn within one run, `--rounds` times; a figure is the median. What a figure is made of, and every single
measurement, stands in results/raw.json; the table also in results/table.md.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from harness import machine  # noqa: E402
from harness.context import Context  # noqa: E402
from harness.processes import Failure  # noqa: E402
from harness.table import not_measured, render  # noqa: E402

ROWS = ["gateway", "triage", "latency", "memory", "classifier", "retrieval", "queries", "curve-workers", "curve-stored"]
NOTES = [
    "[1] The Python worker predicts category and language and writes the same rows and events; guardrails, rules, retrieval and the answer's wording it looks up "
    "by the ticket's text, recorded from a run of ours. So it does less than a whole one would."
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default=",".join(ROWS), help=f"some of {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each contender")
    parser.add_argument("--seconds", type=int, default=6, help="of each measurement of the gateway")
    parser.add_argument("--long", action="store_true", help="also what takes an hour: 5 million stored tickets, a million of backlog")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    context = Context(os.path.dirname(os.path.dirname(HERE)), f"{HERE}/results", options)
    facts = machine.describe(context.repository)
    context.raw["machine"] = facts
    for name, value in facts.items():
        print(f"{name}: {value}")
    figures, loads, failed = [], [], False
    try:
        for row in options.rows.split(","):
            context.say(f"{row}: load {machine.load():.1f}")
            loads.append(f"{row} {machine.load():.1f}")
            try:
                figures += importlib.import_module(f"rows.{row.replace('-', '_')}").run_row(context)
            except Exception as failure:  # One row must not take the table of the others along.
                failed = True
                context.say(f"{row}: {failure}" if isinstance(failure, Failure) else traceback.format_exc())
                figures.append(not_measured(row, "", str(failure)))
    finally:
        context.close()
    facts["load of the last minute before each row"] = ", ".join(loads)
    facts["load after"] = round(machine.load(), 2)
    notes = "".join(f"\n{note}\n" for note in NOTES if any("[1]" in figure.peer for figure in figures))
    table = "\n".join(f"- {name}: {value}" for name, value in facts.items()) + f"\n\n{render(figures)}\n{notes}"
    with open(f"{context.results}/table.md", "w") as file:
        file.write(table)
    print(f"load after: {machine.load():.2f}\n\n{render(figures)}\n{notes}")
    context.keep("figures", [vars(figure) for figure in figures])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
