"""Brings events to the pipeline and notes which of them were acknowledged."""

import datetime
import http.client
import json
import queue
import threading
import time
import urllib.parse
import uuid

import confluent_kafka as kafka

from ledger import Entry, Ledger

SOURCE = "/chaos/upstream"
TOPIC = "helpdesk.tickets"


def instant(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def headers(entry: Entry, type_: str, at: float) -> list[tuple[str, str]]:
    pairs = [
        ("ce_specversion", "1.0"), ("ce_id", entry.id), ("ce_type", type_), ("ce_source", entry.source), ("ce_time", instant(at)),
        ("content-type", "application/json"),
    ]
    return pairs + ([("ce_subject", entry.ticket)] if entry.ticket else [])


class Upstream:
    """A system that publishes straight to the topic, with a client of its own."""

    def __init__(self, brokers: str, ledger: Ledger):
        self._brokers, self._ledger = brokers, ledger
        self._lock = threading.Lock()
        self._made = 0
        self.waiting = 0
        self._retries: queue.SimpleQueue = queue.SimpleQueue()
        self._producer = self._make()
        threading.Thread(target=self._poll, daemon=True, name="upstream").start()

    def _make(self) -> kafka.Producer:
        self._made += 1
        return kafka.Producer(
            {
                "bootstrap.servers": self._brokers, "client.id": f"chaos-upstream-{self._made}", "enable.idempotence": True,
                "partitioner": "murmur2_random", "linger.ms": 5, "message.timeout.ms": 20000, "message.max.bytes": 4_000_000,
                "broker.address.family": "v4", "reconnect.backoff.max.ms": 500, "error_cb": self._trouble,
            }
        )

    def _trouble(self, error: kafka.KafkaError) -> None:
        if error.fatal():
            # An idempotent producer that lost its sequence: what it still holds comes back as failed and is sent again by a new one.
            with self._lock:
                self._producer = self._make()

    def send(self, entry: Entry, pairs: list, value: bytes | None, key: str | None) -> None:
        self._ledger.attempted(entry)
        with self._lock:
            self.waiting += 1
        self._produce((entry, pairs, value, key))

    def _produce(self, what: tuple) -> None:
        entry, pairs, value, key = what

        def delivered(error, _message) -> None:
            if error is None:
                with self._lock:
                    self.waiting -= 1
                self._ledger.acknowledge(entry)
            else:
                # As any upstream system would: the same event once more, under the same id.
                self._retries.put((time.time() + 0.5, what))

        while True:
            try:
                self._producer.produce(TOPIC, value=value, key=key, headers=pairs, on_delivery=delivered)
                return
            except BufferError:
                self._producer.poll(0.1)
            except kafka.KafkaException:
                with self._lock:
                    self._producer = self._make()
                time.sleep(0.2)

    def _poll(self) -> None:
        producers = {self._producer}
        while True:
            producers.add(self._producer)
            for producer in list(producers):
                producer.poll(0.02)
            try:
                due, what = self._retries.get_nowait()
                if due > time.time():
                    self._retries.put((due, what))
                else:
                    self._produce(what)
            except queue.Empty:
                pass


class Client:
    """People at the gateway: each submission is tried under one Idempotency-Key until it is answered."""

    PATIENCE = 90

    def __init__(self, gateways: list[str], key: str, ledger: Ledger, workers: int = 6):
        self._gateways = [urllib.parse.urlsplit(url) for url in gateways]
        self._key, self._ledger = key, ledger
        # Without a bound: whoever feeds holds a lock, and looks at `waiting` first.
        self._queue: queue.SimpleQueue = queue.SimpleQueue()
        self.waiting = 0
        self._lock = threading.Lock()
        for number in range(workers):
            threading.Thread(target=self._work, args=(number,), daemon=True, name=f"client-{number}").start()

    def submit(self, entry: Entry, body: dict) -> None:
        self._ledger.attempted(entry)
        with self._lock:
            self.waiting += 1
        self._queue.put((entry, json.dumps(body).encode()))

    def _work(self, number: int) -> None:
        turn = number
        while True:
            entry, body = self._queue.get()
            deadline, pause = time.time() + self.PATIENCE, 0.1
            isAnswered = False
            while not isAnswered and time.time() < deadline:
                gateway = self._gateways[turn % len(self._gateways)]
                isAnswered = self._try(gateway, entry, body)
                if not isAnswered:
                    turn += 1
                    time.sleep(pause)
                    pause = min(1.0, pause * 2)
            with self._lock:
                self.waiting -= 1
            if not isAnswered:
                self._ledger.unanswered += 1

    def _try(self, gateway, entry: Entry, body: bytes) -> bool:
        connection = http.client.HTTPConnection(gateway.hostname, gateway.port, timeout=15)
        try:
            connection.request(
                "POST", "/v1/tickets", body,
                {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", "Idempotency-Key": entry.id},
            )
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if 200 <= response.status < 300:
            ticket = json.loads(text)["id"]
            entry.answers.append(str(uuid.UUID(ticket)))
            entry.ticket = entry.answers[0]
            self._ledger.acknowledge(entry)
            return True
        if response.status in (408, 409, 425, 429) or response.status >= 500:
            return False
        self._ledger.refused.append(f"{response.status}: {text[:300]!r}")
        return True
