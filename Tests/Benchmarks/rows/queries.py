"""What people ask of stored tickets: lists and searches through the gateway, reports of the metrics worker, the reporting views; few tickets and many."""

import http.client
import json
import statistics
import time
from datetime import datetime, timedelta, timezone

from harness import stored
from harness.processes import Process, free_port, is_ready, run
from harness.table import Figure, not_measured, quantile

LISTS = {
    "all": "", "by state": "&state=triaged", "by queue": "&state=triaged&tier=2&severity=medium", "by category": "&category=vm_crash",
    "by requester": "&requester=learner-77", "by tier": "&tier=3", "by severity": "&severity=critical", "rare in two ways": "&tier=3&severity=critical",
    "by language": "&language=fr", "for a human": "&needsHuman=true", "open": "&open=true", "by a rare tag": "&tag=rare", "unassigned": "&assignee=none",
    "oldest first": "&sort=submittedAt", "a day of last year": "&submittedFrom={day}&submittedUntil={next}",
}  # fmt: skip
# How many tickets have the words, see `stored.TICKETS`: all, one of 200, one of 5,000, none.
SEARCHES = {
    "a word of all": "&q=machine", "a word of some": "&q=r117", "a rare word": "&q=e4321", "a word of none": "&q=flugzeug",
    "a phrase": "&q=%22lab+machine%22+r117", "all but some": "&q=machine+-r117", "a common and a rare word": "&q=screen+e77",
    "a word, in a queue": "&q=r117&state=triaged", "two words that rarely meet": "&q=r117+e117",
}  # fmt: skip
VIEWS = [
    "tickets_daily", "escalation_rate_daily", "sla_attainment_daily", "resolution_daily", "deflection_daily", "first_response_daily",
    "classification_agreement", "backlog",
]  # fmt: skip
TIMES = 500


def pages(context, database, broker, queries):
    """Milliseconds of each answer: first pages and, by their cursors, the pages after them."""
    port = free_port()
    unlimited = {"LIMITS_ADDRESS": "off", "LIMITS_KEY": "off", "LIMITS_ACCOUNT": "off"}
    command = [f"{context.bin}/ingest", "serve", "--http-port", str(port), "--log-level", "warning"]
    with Process("ingest", command, context.log("queries-ingest"), {"DATABASE_URL": database, **unlimited, **broker.environment}) as process:
        process.wait_until(lambda: is_ready(f"http://127.0.0.1:{port}/readyz"), "readiness")
        connection = http.client.HTTPConnection("127.0.0.1", port)
        found = {}
        day = datetime.now(timezone.utc) - timedelta(days=300)
        for name, filter_ in queries.items():
            filter_ = filter_.format(day=day.strftime("%Y-%m-%dT%H:%M:%SZ"), next=(day + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
            waits, cursor = [], ""
            for number in range(TIMES + 5):
                began = time.monotonic()
                connection.request("GET", f"/v1/tickets?limit=50{filter_}{cursor}", headers={"Authorization": f"Bearer {context.key}"})
                answer = connection.getresponse()
                body = json.loads(answer.read())
                if number >= 5:
                    waits.append((time.monotonic() - began) * 1000)
                if answer.status != 200:
                    raise RuntimeError(f"{name}: {answer.status} {body}")
                following = body.get("next")
                cursor = f"&cursor={following}" if following and number % 10 != 9 else ""
            found[name] = {"p50": quantile(waits, 0.5), "p99": quantile(waits, 0.99)}
        connection.close()
    return found


def views(context, name):
    """Milliseconds of each view for its last 30 days, the median."""
    found = {}
    with context.cluster.connect(name) as connection:
        for view in VIEWS:
            columns = connection.execute("SELECT 1 FROM information_schema.columns WHERE table_schema = 'reporting' AND table_name = %s AND column_name = 'day'", (view,))
            condition = " WHERE day >= now() - interval '30 days'" if columns.fetchone() else ""
            waits = []
            for _ in range(context.rounds):
                began = time.monotonic()
                connection.execute(f"SELECT * FROM reporting.{view}{condition}").fetchall()
                waits.append((time.monotonic() - began) * 1000)
            found[view] = statistics.median(waits)
    return found


def report(context, database):
    """Milliseconds of `metrics-worker report` for 30 days, the start of the program included, the median."""
    waits = []
    for _ in range(context.rounds):
        began = time.monotonic()
        run([f"{context.bin}/metrics-worker", "report", "--period", "30d", "--by", "category", "--json"], {"DATABASE_URL": database})
        waits.append((time.monotonic() - began) * 1000)
    return statistics.median(waits)


def run_row(context):
    sizes = [50_000, 500_000] + ([5_000_000] if context.is_long else [])
    figures, found = [], {}
    for size in sizes:
        context.say(f"  making {size:,} tickets")
        stored.fill(context, "stored", size)
        url = context.cluster.url("stored")
        with context.broker() as broker:
            found[size] = {
                "lists": pages(context, url, broker, LISTS), "searches": pages(context, url, broker, SEARCHES), "views": views(context, "stored"),
                "report": report(context, url),
            }  # fmt: skip
        context.note("queries", {"tickets": size, **found[size]})
        for what in ("lists", "searches"):
            worst, waits = max(found[size][what].items(), key=lambda entry: entry[1]["p99"])
            name = "list of tickets" if what == "lists" else "search of tickets"
            figures.append(Figure(f"{name}, {size:,} stored, worst p99 of {TIMES} ({worst})", f"{waits['p99']:.1f} ms", "", None, "< 50 ms", waits["p99"] < 50))
        slowest, view = max(found[size]["views"].items(), key=lambda entry: entry[1])
        figures += [
            Figure(f"report of 30 days, {size:,} stored", f"{found[size]['report']:.0f} ms", "", None, "< 50 ms", found[size]["report"] < 50),
            Figure(f"slowest reporting view, {size:,} stored ({slowest})", f"{view:.0f} ms", "", None, "< 50 ms", view < 50),
        ]  # fmt: skip
    for what in ("lists", "searches", "report"):
        def worst(size):
            value = found[size][what]
            return value if what == "report" else max(waits["p99"] for waits in value.values())

        small, large = worst(sizes[0]), worst(sizes[-1])
        figures.append(Figure(f"{what}, {sizes[-1]:,} stored : {sizes[0]:,}", f"{large:.1f} ms", f"{small:.1f} ms", large / small, "flat: < 2 x", large < 2 * small))
    if not context.is_long:
        figures.append(not_measured("lists, searches and reports, 5,000,000 stored", "< 50 ms", "needs ARGS=--long"))
    return figures
