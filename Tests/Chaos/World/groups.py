"""What the pipeline's consumer groups have committed, and how far they are behind."""

import threading
import time

import confluent_kafka as kafka

from tail import READERS, Tail


class Groups(threading.Thread):
    # A partition of an embedded broker keeps 5 MiB and drops the oldest.
    LIMIT = 4 << 20
    # Records that may be unread on any topic: each on the tickets topic makes about a dozen on those behind it. What a slow machine does not keep up with
    # is not fed, or the end of a fault could not be told from that of the backlog. Measurements hold nobody up, and there are many: of them more may wait.
    BACKLOG = 600
    # Milliseconds; as the workers have it. An embedded broker answers joins a second before the session of who began them is over, and throws out without a
    # word whoever waits longer than a session of his own: they would wait for its answer for five minutes.
    SESSION = 6000

    def __init__(self, brokers: str, tail: Tail, is_bounded: bool):
        super().__init__(daemon=True, name="groups")
        self._tail = tail
        self._is_bounded = is_bounded
        self._brokers = brokers
        self._clients = {
            consumer: kafka.Consumer(
                {"bootstrap.servers": brokers, "group.id": f"helpdesk.{consumer}", "enable.auto.commit": False, "broker.address.family": "v4",
                 "reconnect.backoff.max.ms": 500}
            )
            for consumer in READERS
        }
        # Unread records by consumer; None: nobody answered.
        self.lag: dict[str, int | None] = {consumer: None for consumer in READERS}
        self.heaviest = 0
        self.must_wait = True
        self.measured = 0.0

    def run(self) -> None:
        while True:
            self._measure()
            time.sleep(0.3)

    def _measure(self) -> None:
        heaviest, lag = 0, {}
        for consumer, topic in READERS.items():
            places = self._tail.places(topic)
            try:
                committed = self._clients[consumer].committed([kafka.TopicPartition(*place) for place in places], timeout=5)
            except kafka.KafkaException:
                lag[consumer] = None
                continue
            lag[consumer] = 0
            for one in committed:
                if one.error is not None:
                    lag[consumer] = None
                    break
                records, size = self._tail.unread((one.topic, one.partition), max(0, one.offset))
                lag[consumer] += records
                heaviest = max(heaviest, size)
        self.lag, self.heaviest = lag, heaviest
        self.must_wait = self._is_bounded and (
            None in lag.values() or heaviest > self.LIMIT - (1 << 20) or max(lag[c] for c in lag if c != "metrics") > self.BACKLOG or lag["metrics"] > 20 * self.BACKLOG
        )
        self.measured = time.time()

    def total(self) -> int:
        return sum(n or 0 for n in self.lag.values())

    def passed_over(self, database) -> str:
        """Records of the tickets topic before the committed offset that the inbox does not know. Asked in that order, so that none is just about to be."""
        places = self._tail.places("helpdesk.tickets")
        committed = {(one.topic, one.partition): one.offset for one in self._clients["triage"].committed([kafka.TopicPartition(*p) for p in places], 5)}
        behind = [r for r in list(self._tail.records) if r.topic == "helpdesk.tickets" and r.offset < committed.get((r.topic, r.partition), 0)]
        known = {row[0] for row in database.ask("SELECT event_id FROM inbox WHERE consumer = 'triage'", patience=10)}
        origins = {row[0] for row in database.ask("SELECT origin FROM inbox WHERE consumer = 'triage' AND outcome = 'dead'", patience=10)}
        missing = [r for r in behind if r.inbox not in known and f"{r.topic}[{r.partition}]@{r.offset}" not in origins]
        return ", ".join(f"{r.topic}[{r.partition}]@{r.offset}" for r in missing[:5])

    def rewind(self, consumer: str) -> int:
        """Sets a group back to the first records that the log still has. Its members must be gone: this joins in their place."""
        topic = READERS[consumer]
        places = self._tail.places(topic)
        done = threading.Event()
        failures: list[str] = []

        def assigned(client: kafka.Consumer, partitions: list[kafka.TopicPartition]) -> None:
            client.assign(partitions)
            client.pause(partitions)
            targets = []
            for one in partitions:
                low, _ = client.get_watermark_offsets(one, timeout=10)
                targets.append(kafka.TopicPartition(one.topic, one.partition, low))
            for one in client.commit(offsets=targets, asynchronous=False):
                if one.error is not None:
                    failures.append(str(one.error))
            if len(partitions) == len(places):
                done.set()

        client = kafka.Consumer(
            {"bootstrap.servers": self._brokers, "group.id": f"helpdesk.{consumer}", "enable.auto.commit": False,
             "partition.assignment.strategy": "roundrobin", "session.timeout.ms": self.SESSION, "broker.address.family": "v4"}
        )
        client.subscribe([topic], on_assign=assigned)
        deadline = time.time() + 45
        while not done.is_set() and time.time() < deadline:
            client.poll(0.2)
        client.close()
        if not done.is_set() or failures:
            raise RuntimeError(f"the offsets of {consumer} were not set back: {failures or 'no assignment within 45 s'}")
        return len(places)
