"""PostgreSQL's own limit: the statements of Triage's batches again, their parameters made ready beforehand, with nothing else running."""

import json
import sys
import threading
import time
from datetime import datetime, timezone

from psycopg import pq
from psycopg.adapt import Transformer

from .processes import Failure

BATCH = 500


class Replayed:
    """A record as the peer's code expects one from the log."""

    def __init__(self, key, value, headers, offset):
        self.parts = key, value, [(name, text.encode()) for name, text in headers], offset

    def key(self):
        return self.parts[0].encode()

    def value(self):
        return self.parts[1]

    def headers(self):
        return self.parts[2]

    def timestamp(self):
        return 1, int(time.time() * 1000)

    def topic(self):
        return "helpdesk.tickets"

    def partition(self):
        return 0

    def offset(self):
        return self.parts[3]


def batches(context, table, records):
    """For each batch its statements in order, each with parameters in the wire's own form."""
    sys.path.insert(0, context.peers)
    import triage_rows

    with open(table) as file:
        made = {tuple(decision["text"]): decision for decision in json.load(file)}
    found = []
    connection = context.cluster.connect("replay")
    for start in range(0, len(records), BATCH):
        part = [triage_rows.Submission(Replayed(*record, start + place)) for place, record in enumerate(records[start : start + BATCH])]
        decisions = [made[event.key] for event in part]
        labels = [(decision["tickets"]["category"], decision["tickets"]["language"]) for decision in decisions]
        rows = triage_rows.rows(part, decisions, labels, datetime.now(timezone.utc))
        ordered = sorted(part, key=lambda event: event.id.bytes)
        statements = [
            (triage_rows.CLAIM, [[event.id for event in ordered], [event.hash for event in ordered]]),
            (triage_rows.LOCK, [sorted(event.ticket for event in part)]),
        ]
        for (statement, columns), values in zip(triage_rows.INSERTS, rows):
            statements.append((statement, [list(column) for column in zip(*values)][: len(columns)]))
        forget = (triage_rows.FORGET, [[row[0] for row in rows[-1]]])
        found.append([_wire(connection, *statement) for statement in statements] + [_wire(connection, *forget)])
    connection.close()
    return found


def _wire(connection, statement, values):
    from psycopg._queries import PostgresQuery

    query = PostgresQuery(Transformer(connection))
    query.convert(statement, values)
    return query.query, query.params, query.formats, query.types


def _play(connection, share):
    """Every batch in a transaction of its own, then the deletion of its outbox rows without waiting for the disk, as Triage does. A transaction is one
    round trip: nothing waits but for the disk."""
    session = connection.pgconn
    session.enter_pipeline_mode()
    for batch in share:
        _transaction(session, [(b"s%d" % number, statement) for number, statement in enumerate(batch[:-1])])
        _transaction(session, [(b"forget", batch[-1])], b"SET LOCAL synchronous_commit = off")


def _transaction(session, statements, *settings):
    session.send_query_params(b"BEGIN", None)
    for setting in settings:
        session.send_query_params(setting, None)
    for name, (_, parameters, formats, _) in statements:
        session.send_query_prepared(name, parameters, formats, 1)
    session.send_query_params(b"COMMIT", None)
    session.pipeline_sync()
    while True:
        result = session.get_result()
        if result is None:
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise RuntimeError(result.error_message.decode())


class Limit:
    """Measures how fast PostgreSQL takes the batches from so many connections."""

    def __init__(self, context, table, warm_up, records):
        context.database("replay")
        self.context, self.count = context, len(records)
        self.warm_up, self.batches = batches(context, table, warm_up), batches(context, table, records)

    def measure(self, count):
        """Tickets a second over `count` connections, after a warm-up."""
        context = self.context
        context.database("replay")
        connections = []
        for _ in range(count):
            connection = context.cluster.connect("replay")
            for number, (statement, _, _, types) in enumerate(self.batches[0][:-1]):
                connection.pgconn.prepare(b"s%d" % number, statement, types)
            connection.pgconn.prepare(b"forget", self.batches[0][-1][0], self.batches[0][-1][3])
            connections.append(connection)
        self._all(connections, self.warm_up)
        started = time.monotonic()
        self._all(connections, self.batches)
        rate = self.count / (time.monotonic() - started)
        for connection in connections:
            connection.pgconn.finish()
        context.note("replay", {"connections": count, "rate": rate})
        context.say(f"  PostgreSQL alone, {count} connections: {rate:.0f} tickets/s")
        return rate

    def _all(self, connections, made):
        failures = []

        def play(connection, share):
            try:
                _play(connection, share)
                connection.pgconn.exit_pipeline_mode()
            except Exception as failure:  # Of a thread: said below.
                failures.append(failure)

        threads = [threading.Thread(target=play, args=(connection, made[place :: len(connections)])) for place, connection in enumerate(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise Failure(f"a replayed batch failed: {failures[0]}")
