"""The statements and rows of Triage for psycopg: one round trip for each table and batch, arrays through unnest, prepared."""

import hashlib
import uuid
from datetime import datetime

import orjson

EVENT = uuid.UUID("6b1d0e4a-3352-4f0c-9a61-520b8e7d1101").bytes
EMITTED = uuid.UUID("6b1d0e4a-3352-4f0c-9a61-520b8e7d1102").bytes
STAGE = "triage"

CLAIM = """
    INSERT INTO helpdesk.inbox (consumer, event_id, payload_hash, outcome)
    SELECT 'triage', e, h, 'applied' FROM unnest(%s::uuid[], %s::bytea[]) AS t(e, h)
    ON CONFLICT DO NOTHING RETURNING event_id"""
LOCK = "SELECT id, version, subject, body, requester_id FROM helpdesk.tickets WHERE id = ANY(%s) ORDER BY id FOR UPDATE"

TICKETS = {
    "id": "uuid", "version": "int4", "state": "text", "requester_id": "text", "requester_name": "text", "requester_email": "text",
    "persona": "text", "channel": "text", "subject": "text", "body": "text", "course": "text", "module": "text", "language": "text",
    "category": "text", "category_source": "text", "tier": "int2", "tier_source": "text", "severity": "text", "severity_source": "text",
    "confidence": "float8", "needs_human": "bool", "guardrails": "text", "revision": "int4", "failed_attempts": "int4",
    "message_count": "int4", "cycle": "int4", "answer": "text", "enrichment": "text", "classified_at": "timestamptz", "source": "text",
    "submitted_at": "timestamptz", "updated_at": "timestamptz", "assignee": "text", "tags": "text", "watchers": "text", "merged_into": "uuid",
}  # fmt: skip
MESSAGES = {
    "id": "uuid", "ticket_id": "uuid", "number": "int4", "author_kind": "text", "author_id": "text", "visibility": "text", "body": "text",
    "language": "text", "guardrails": "jsonb", "at": "timestamptz",
}  # fmt: skip
CLASSIFICATIONS = {
    "ticket_id": "uuid", "revision": "int4", "event_id": "uuid", "stage": "text", "language": "text", "language_confidence": "float8",
    "category": "text", "category_source": "text", "tier": "int2", "tier_source": "text", "severity": "text", "severity_source": "text",
    "confidence": "float8", "needs_human": "bool", "guardrails": "jsonb", "reasons": "jsonb", "taxonomy_version": "text",
    "guardrails_version": "text", "model_version": "text", "at": "timestamptz",
}  # fmt: skip
ANSWERS = {
    "ticket_id": "uuid", "number": "int4", "event_id": "uuid", "stage": "text", "outcome": "text", "message_id": "uuid", "language": "text",
    "text": "text", "citations": "text", "articles": "jsonb", "reason": "text", "library_version": "text", "model": "text",
    "prompt_version": "text", "at": "timestamptz",
}  # fmt: skip
HISTORY = {
    "ticket_id": "uuid", "version": "int4", "kind": "text", "cause": "uuid", "actor_kind": "text", "actor_id": "text", "origin": "text",
    "changes": "jsonb", "at": "timestamptz", "is_internal": "bool", "reason": "text",
}  # fmt: skip
SEARCH_QUEUE = {"ticket_id": "uuid"}
OUTBOX = {"event_id": "uuid", "topic": "text", "key": "bytea", "value": "bytea", "headers": "jsonb"}
LISTS = {"citations": "string_to_array(t.citations, ' ')", **{name: f"string_to_array(t.{name}, ',')" for name in ("guardrails", "tags", "watchers")}}
FORGET = "DELETE FROM helpdesk.outbox WHERE event_id = ANY(%s)"


def insert(table, columns, lists=()):
    names = ", ".join(columns)
    written = ", ".join(LISTS[name] if name in lists else f"t.{name}" for name in columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    return f"INSERT INTO helpdesk.{table} ({names}) SELECT {written} FROM unnest({arrays}) AS t({names})"


INSERTS = [
    (insert("tickets", TICKETS, ("guardrails", "tags", "watchers")), TICKETS), (insert("messages", MESSAGES), MESSAGES),
    (insert("classifications", CLASSIFICATIONS), CLASSIFICATIONS), (insert("answers", ANSWERS, ("citations",)), ANSWERS),
    (insert("ticket_history", HISTORY), HISTORY), (insert("search_queue", SEARCH_QUEUE), SEARCH_QUEUE), (insert("outbox", OUTBOX), OUTBOX),
]  # fmt: skip


def named(namespace, *parts):
    """UUIDv5 over length-prefixed parts."""
    name = hashlib.sha1(namespace)
    for part in parts:
        data = part.encode()
        name.update(len(data).to_bytes(4, "big") + data)
    return uuid.UUID(bytes=name.digest()[:16], version=5)


class Submission:
    """One record, decoded and checked."""

    __slots__ = ("id", "hash", "ticket", "payload", "source", "origin", "at", "key")

    def __init__(self, message):
        headers = {name: value.decode() for name, value in message.headers()}
        value = message.value()
        kind, self.source = headers["ce_type"], headers["ce_source"]
        if kind != "ticket.submitted" or headers["ce_specversion"] != "1.0":
            raise ValueError(f"expected ticket.submitted of CloudEvents 1.0, found {kind}")
        self.id = named(EVENT, self.source, headers["ce_id"])
        self.hash = hashlib.sha256(kind.encode() + b"\0" + value).digest()[:16]
        payload = self.payload = orjson.loads(value)
        for name, limit in (("subject", 500), ("body", 100_000)):
            text = payload[name]
            if not text.strip() or len(text) > limit or "\0" in text:
                raise ValueError(f"field '{name}': expected 1 to {limit} characters")
        for name in ("channel", "course", "module"):
            if len(payload.get(name) or "") > 200:
                raise ValueError(f"field '{name}': expected at most 200 characters")
        self.ticket = uuid.UUID(payload["ticketId"])
        receipt = message.timestamp()[1] / 1000
        claimed = datetime.fromisoformat(headers["ce_time"]).timestamp()
        self.at = datetime.fromtimestamp(min(max(claimed, receipt - 7 * 86_400), receipt)).astimezone()
        self.origin = f"{message.topic()}[{message.partition()}]@{message.offset()}"
        self.key = (payload["subject"], payload["body"], payload["persona"])


def rows(submissions, decisions, labels, now):
    """The rows of a batch by table, in the order of INSERTS, and its events.

    `labels` are the category and language of each, as the model said; the other columns come with the decision."""
    tickets, messages, classifications, answers, history, queue, outbox = [], [], [], [], [], [], []
    for event, decision, (category, language) in zip(submissions, decisions, labels):
        payload, ticket = event.payload, event.ticket
        person, text = payload["requester"], str(ticket)
        stored, said = decision["tickets"], decision.get("messages")
        message = named(EMITTED, "answer", str(event.id)) if said else None
        tickets.append((
            ticket, stored["version"], stored["state"], person["id"], person.get("name"), person.get("email"), payload["persona"],
            payload.get("channel") or "api", payload["subject"], payload["body"], payload.get("course"), payload.get("module"), language, category,
            stored["category_source"], stored["tier"], stored["tier_source"], stored["severity"], stored["severity_source"],
            stored["confidence"], stored["needs_human"], ",".join(stored["guardrails"]), stored["revision"], stored["failed_attempts"],
            stored["message_count"], stored["cycle"], stored["answer"], stored["enrichment"], now, event.source, event.at, event.at,
            None, "", "", None,
        ))  # fmt: skip
        if said:
            messages.append((
                message, ticket, said["number"], said["author_kind"], said["author_id"], said["visibility"], said["body"], said["language"],
                said["guardrails"], event.at,
            ))  # fmt: skip
        found = decision["classifications"]
        classifications.append((
            ticket, found["revision"], event.id, STAGE, language, found["language_confidence"], category, found["category_source"], found["tier"],
            found["tier_source"], found["severity"], found["severity_source"], found["confidence"], found["needs_human"], found["guardrails"],
            found["reasons"], found["taxonomy_version"], found["guardrails_version"], found["model_version"], event.at,
        ))  # fmt: skip
        answer = decision["answers"]
        answers.append((
            ticket, answer["number"], event.id, STAGE, answer["outcome"], message, answer["language"], answer["text"],
            " ".join(answer["citations"]), answer["articles"], answer["reason"], answer["library_version"], answer["model"],
            answer["prompt_version"], event.at,
        ))  # fmt: skip
        noted = decision["ticket_history"]
        history.append((ticket, noted["version"], noted["kind"], event.id, "requester", person["id"], event.origin, noted["changes"], event.at, False, None))
        queue.append((ticket,))
        for kind, template in decision["events"].items():
            body = {**template, "ticketId": text}
            if kind == "ticket.answered" and message:
                body["messageId"] = str(message).upper()
            if kind == "metric.recorded":
                body["at"] = round(event.at.timestamp() * 1_000_000)
            emitted = named(EMITTED, STAGE, str(event.id), kind, "0")
            headers = [
                ("ce_specversion", "1.0"), ("ce_id", str(emitted)), ("ce_type", kind), ("ce_source", "/helpdesk/triage"),
                ("ce_time", event.at.isoformat()), ("ce_subject", text), ("content-type", "application/json"),
            ]  # fmt: skip
            topic = "helpdesk.metrics" if kind == "metric.recorded" else "helpdesk.changes"
            outbox.append((emitted, topic, text.encode(), orjson.dumps(body, option=orjson.OPT_SORT_KEYS), orjson.dumps(headers).decode(), headers))
    tickets.sort(key=lambda row: row[0].bytes)
    queue.sort(key=lambda row: row[0].bytes)
    return [tickets, messages, classifications, answers, history, queue, outbox]
