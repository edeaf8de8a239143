"""Retrieval over ten thousand chunks, and what Triage costs without broker and database."""

import json
import statistics

from harness.processes import run
from harness.table import Figure


def run_row(context):
    found = json.loads(run([
        f"{context.bin}/Benchmarks", "retrieval", f"{context.repository}/kbs", context.texts_file, "--chunks", "10000", "--passes", str(context.rounds),
    ]))  # fmt: skip
    context.note("retrieval", found)
    triage = json.loads(run([
        f"{context.bin}/Benchmarks", "triage", f"{context.repository}/deploy/config", f"{context.repository}/kbs", context.texts_file, "--passes",
        str(context.rounds),
    ]))  # fmt: skip
    context.note("retrieval", triage)
    mean, p99 = statistics.median(found["meanMilliseconds"]), found["p99"]
    decide = statistics.median(triage["classifyMicroseconds"]) + statistics.median(triage["answerMicroseconds"])
    return [
        Figure(f"retrieval over {found['chunks']:,} chunks, mean", f"{mean:.3f} ms", "", None, "< 2 ms", mean < 2),
        Figure(f"retrieval over {found['chunks']:,} chunks, p99", f"{p99:.3f} ms", "", None, "< 2 ms", p99 < 2),
        Figure("deciding about one ticket", f"{decide:.0f} us"),
    ]
