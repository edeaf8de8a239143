"""Every record of every topic, from the first on, as it is appended. A record that the broker dropped before it was read fails the run."""

import bisect
import json
import re
import threading
import time
import uuid

import confluent_kafka as kafka

import identity

TOPICS = ["helpdesk.tickets", "helpdesk.enrichments", "helpdesk.changes", "helpdesk.escalations", "helpdesk.metrics"]
READERS = {
    "triage": "helpdesk.tickets", "enrichment": "helpdesk.enrichments", "escalation": "helpdesk.changes", "metrics": "helpdesk.metrics",
}
# What the judge wants of a payload, by the names of the contract.
FIELDS = ["ticketId", "version", "revision", "number", "messageId", "kind", "rule", "target", "cycle", "incidentId", "dueAt", "at", "severity"]


MARKER = re.compile(rb"mark [0-9a-f]{20}")


class Seen:
    """A record, without what nobody asks about it."""

    __slots__ = ("topic", "partition", "offset", "at", "source", "id", "type", "hash", "inbox", "is_replay", "fields", "dlq", "marker")

    def __init__(self, message: kafka.Message):
        headers = {}
        for name, value in message.headers() or []:
            headers[name.lower()] = value.decode("utf-8", "replace") if value is not None else ""
        value = message.value()
        self.topic, self.partition, self.offset = message.topic(), message.partition(), message.offset()
        self.at = time.time()
        self.source, self.id, self.type = headers.get("ce_source"), headers.get("ce_id"), headers.get("ce_type")
        self.hash = identity.content(self.type, value)
        self.is_replay = "dlq-event-id" in headers and not self.topic.endswith(".dlq")
        self.dlq = {k: v for k, v in headers.items() if k.startswith("dlq-")} if self.topic.endswith(".dlq") else None
        if self.is_replay:
            self.inbox = uuid.UUID(headers["dlq-event-id"])
        elif self.source and self.id:
            self.inbox = identity.event(self.source, self.id)
        else:
            self.inbox = identity.event_by_place(self.topic, self.partition, self.offset, message.timestamp()[1], self.hash)
        self.marker = None
        if self.dlq is not None and (found := MARKER.search(value or b"")):
            self.marker = found.group().decode()
        self.fields = None
        if self.topic in ("helpdesk.changes", "helpdesk.enrichments", "helpdesk.escalations", "helpdesk.metrics"):
            try:
                body = json.loads(value or b"")
                self.fields = body if self.topic == "helpdesk.metrics" else {k: body[k] for k in FIELDS if k in body}
                # The case of an identifier's letters means nothing.
                for name in ("ticketId", "messageId", "incidentId"):
                    if isinstance(self.fields.get(name), str):
                        self.fields[name] = self.fields[name].lower()
            except (ValueError, TypeError, AttributeError):
                self.fields = None


class Tail(threading.Thread):
    def __init__(self, brokers: str, partitions: dict[str, int]):
        super().__init__(daemon=True, name="tail")
        self.records: list[Seen] = []
        self.failure: str | None = None
        self._next: dict[tuple[str, int], int] = {}
        # Offsets and the bytes up to and with them, to know how much lies unread behind a committed offset.
        self._offsets: dict[tuple[str, int], list[int]] = {}
        self._bytes: dict[tuple[str, int], list[int]] = {}
        self._consumer = kafka.Consumer(
            {
                "bootstrap.servers": brokers, "group.id": "chaos-tail", "enable.auto.commit": False, "auto.offset.reset": "error",
                "fetch.wait.max.ms": 50, "message.max.bytes": 8_000_000, "fetch.message.max.bytes": 2_000_000,
                "queued.max.messages.kbytes": 16384, "reconnect.backoff.max.ms": 500, "broker.address.family": "v4",
            }
        )
        self._assignment = []
        for topic, count in partitions.items():
            for partition in range(count):
                self._next[(topic, partition)] = 0
                self._offsets[(topic, partition)], self._bytes[(topic, partition)] = [-1], [0]
                self._assignment.append(kafka.TopicPartition(topic, partition, 0))

    def run(self) -> None:
        self._consumer.assign(self._assignment)
        while True:
            for message in self._consumer.consume(500, 0.1):
                self._take(message)

    def _take(self, message: kafka.Message) -> None:
        error = message.error()
        if error is not None:
            if error.code() in (kafka.KafkaError._AUTO_OFFSET_RESET, kafka.KafkaError.OFFSET_OUT_OF_RANGE):
                self.failure = f"the broker dropped records of {message.topic()} [{message.partition()}] before they were read: {error}"
            # Anything else passes: brokers go and come.
            return
        place = (message.topic(), message.partition())
        expected = self._next[place]
        if message.offset() < expected:
            return
        if message.offset() > expected:
            self.failure = f"{place[0]} [{place[1]}]: expected offset {expected}, found {message.offset()}: the broker dropped unread records"
        self._next[place] = message.offset() + 1
        size = len(message.value() or b"") + len(message.key() or b"") + 100
        size += sum(len(name) + len(value or b"") for name, value in message.headers() or [])
        self._bytes[place].append(self._bytes[place][-1] + size)
        self._offsets[place].append(message.offset())
        self.records.append(Seen(message))

    def position(self, place: tuple[str, int]) -> int:
        return self._next[place]

    def unread(self, place: tuple[str, int], committed: int) -> tuple[int, int]:
        """Records and bytes from `committed` on."""
        offsets, sums = self._offsets[place], self._bytes[place]
        index = bisect.bisect_left(offsets, committed)
        if index >= len(offsets):
            return 0, 0
        return len(offsets) - max(index, 1), sums[-1] - sums[max(index, 1) - 1]

    def places(self, topic: str) -> list[tuple[str, int]]:
        return [place for place in self._next if place[0] == topic]
