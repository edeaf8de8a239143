"""What our Triage made of every text: recorded once, for the peer to be checked against and to take its longer columns from."""

import hashlib
import json

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from . import feed, workers
from .processes import wait_until

# Columns that differ between two runs over the same records, or that say where and when rather than what.
TICKET = "id ticket_id event_id cause source origin at submitted_at updated_at stored_at classified_at recorded_at requester_id requester_name requester_email".split()


def events(address, topics, count):
    """The first `count` payloads of these topics, with their type and ticket."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "bench-reader", "enable.auto.commit": False, "fetch.wait.max.ms": 10})
    partitions = [
        TopicPartition(name, number, OFFSET_BEGINNING)
        for name, topic in consumer.list_topics(timeout=10).topics.items() if name in topics for number in topic.partitions
    ]  # fmt: skip
    consumer.assign(partitions)
    found, idle = [], 0
    while len(found) < count and idle < 40:
        batch = consumer.consume(5000, timeout=0.25)
        idle = 0 if batch else idle + 1
        for message in batch:
            headers = {name: value.decode() for name, value in message.headers()}
            found.append((headers["ce_type"], headers["ce_subject"], headers["ce_id"], json.loads(message.value())))
    consumer.close()
    return found


def record(context):
    """A list of decisions, one for each text."""
    database = context.database("decisions")
    records = feed.records_of_each(context.texts)
    with context.broker() as broker:
        process = workers.triage(context, database, broker)
        try:
            with context.cluster.connect("decisions") as connection:
                feed.publish(broker.address, records)
                wait_until(
                    lambda: connection.execute("SELECT count(*) FROM helpdesk.tickets").fetchone()[0] == len(records)
                    and connection.execute("SELECT NOT EXISTS (SELECT FROM helpdesk.outbox)").fetchone()[0], "the decisions", 90)
                published = events(broker.address, ("helpdesk.changes", "helpdesk.metrics"), 3 * len(records))
                made = {key: {"text": text.key} for (key, _, _), text in zip(records, context.texts)}
                for table, column in (("tickets", "id"), ("messages", "ticket_id"), ("classifications", "ticket_id"), ("answers", "ticket_id"),
                                      ("ticket_history", "ticket_id")):  # fmt: skip
                    cursor = connection.execute(f"SELECT {_columns(connection, table)} FROM helpdesk.{table}")
                    names = [item.name for item in cursor.description]
                    for row in cursor:
                        values = dict(zip(names, row))
                        ticket = str(values[column])
                        made[ticket][table] = {name: value for name, value in values.items() if name not in TICKET}
        finally:
            process.stop()
    for kind, ticket, _, payload in published:
        made[ticket].setdefault("events", {})[kind] = payload
    return list(made.values())


def _columns(connection, table):
    """All of them, JSON as its text."""
    rows = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'helpdesk' AND table_name = %s ORDER BY 1", (table,))
    return ", ".join(f"{name}::text" if kind == "jsonb" else name for name, kind in rows)


def digest(connection):
    """Of everything that a run stored, apart from its clock: equal for equal decisions and rows."""
    answers = {}
    for table in ("inbox", "tickets", "messages", "classifications", "answers", "ticket_history", "search_queue"):
        names = [name for name in _columns(connection, table).split(", ") if name not in ("received_at", "stored_at", "classified_at", "recorded_at", "seq")]
        row = connection.execute(f"SELECT count(*), md5(string_agg(md5(row({', '.join(names)})::text), '' ORDER BY md5(row({', '.join(names)})::text))) FROM helpdesk.{table}")  # fmt: skip
        answers[table] = row.fetchone()
    return answers


def published(address, count):
    """The same of what a run published: id, type, ticket and content of each event, whatever the order."""
    found = events(address, ("helpdesk.changes", "helpdesk.metrics"), count)
    return len(found), hashlib.md5("".join(sorted(json.dumps(event, sort_keys=True) for event in set_of(found))).encode()).hexdigest()


def set_of(found):
    """Each event once, by its id: told twice is told once."""
    return list({event[2]: event for event in found}.values())
