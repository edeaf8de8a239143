"""PostgreSQL's own limit: the statements of Triage's batches again, their parameters made ready beforehand, with nothing else running."""

import json
import sys
import threading
import time
from datetime import datetime, timezone

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

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


def _play(connection, share, statements):
    """Every batch in a transaction of its own, then the deletion of its outbox rows without waiting for the disk, as Triage does."""
    session = connection.pgconn

    def ask(result, expected=(pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)):
        if result.status not in expected:
            raise RuntimeError(result.error_message.decode())

    for batch in share:
        ask(session.exec_(b"BEGIN"))
        for number, (_, parameters, formats, _) in enumerate(batch[:-1]):
            ask(session.exec_prepared(b"s%d" % number, parameters, formats, 1))
        ask(session.exec_(b"COMMIT"))
        _, parameters, formats, _ = batch[-1]
        ask(session.exec_(b"BEGIN"))
        ask(session.exec_(b"SET LOCAL synchronous_commit = off"))
        ask(session.exec_prepared(b"forget", parameters, formats, 1))
        ask(session.exec_(b"COMMIT"))


def limits(context, table, records):
    """Tickets a second by number of connections; the best of three runs each."""
    context.database("replay")
    made = batches(context, table, records)
    best = {}
    for count in (1, 2, 4):
        for _ in range(min(3, context.rounds)):
            context.database("replay")
            connections = []
            for _ in range(count):
                connection = context.cluster.connect("replay")
                for number, (statement, _, _, types) in enumerate(made[0][:-1]):
                    connection.pgconn.prepare(b"s%d" % number, statement, types)
                connection.pgconn.prepare(b"forget", made[0][-1][0], made[0][-1][3])
                connections.append(connection)
            threads = [threading.Thread(target=_play, args=(connection, made[place::count], None)) for place, connection in enumerate(connections)]
            started = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rate = len(records) / (time.monotonic() - started)
            for connection in connections:
                connection.close()
            context.note("replay", {"connections": count, "rate": rate})
            best[count] = max(best.get(count, 0), rate)
        context.say(f"  PostgreSQL alone, {count} connections: {best[count]:.0f} tickets/s")
    return best
