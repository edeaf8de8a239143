"""The traffic: tickets by both ways, replies (some before their ticket), repetitions, late ones, foreign ones, a little poison."""

import collections
import json
import random
import threading
import time
import uuid

import texts
from ledger import Entry, Ledger
from sender import SOURCE, Client, Upstream, headers

POISON = [
    "badJSON", "wrongSchema", "emptyPayload", "nullPayload", "noKey", "tooLarge", "invalidUTF8", "nulCharacter", "idConflict", "noHeaders",
]


class Feed(threading.Thread):
    def __init__(self, seed: int, ledger: Ledger, upstream: Upstream, client: Client, must_wait):
        super().__init__(daemon=True, name="feed")
        self._random = random.Random(seed)
        self._ledger, self._upstream, self._client, self._must_wait = ledger, upstream, client, must_wait
        self._lock = threading.RLock()
        self._recent: collections.deque = collections.deque(maxlen=400)
        self._sent: collections.deque = collections.deque(maxlen=300)
        self._later: list[tuple[int, tuple]] = []
        self._hot: tuple[str, float, float] | None = None
        self.count, self.rate = 0, 0.0
        self.fed = 0
        self.large = 0
        self.is_waiting = False
        self.may_end = self.is_over = False

    def begin(self, count: int, rate: float) -> None:
        self.count, self.rate = count, rate
        self.start()

    def hurry(self, rate: float) -> None:
        """Another rate from now on."""
        self.rate = rate

    def run(self) -> None:
        started, base, rate = time.time(), 0, self.rate
        # On while there are faults: a fault without traffic proves nothing.
        while self.fed < self.count or not self.may_end:
            self.is_waiting = self._must_wait() or self._upstream.waiting > 2000 or self._client.waiting > 200
            if self.is_waiting or rate != self.rate:
                time.sleep(0.05)
                # What was missed is not made up for in a rush.
                started, base, rate = time.time(), self.fed, self.rate
                continue
            due = base + int((time.time() - started) * rate) - self.fed
            if due <= 0:
                time.sleep(0.01)
                continue
            for _ in range(min(due, 50)):
                self._next()
        with self._lock:
            for _, what in self._later:
                self._upstream.send(*what)
            self._later = []
        self.is_waiting, self.is_over = False, True

    def is_flushed(self) -> bool:
        return (self.is_over or self.count == 0) and self._upstream.waiting == 0 and self._client.waiting == 0

    # What is next

    def _next(self) -> None:
        with self._lock:
            due = [one for one in self._later if one[0] <= self.fed]
            self._later = [one for one in self._later if one[0] > self.fed]
            for _, what in due:
                self._publish(what)
            draw = self._random.random()
            if self._hot and time.time() > self._hot[2]:
                self._hot = None
            if self._hot and self._random.random() < self._hot[1]:
                self._publish(self.reply(self._hot[0]))
            elif draw < 0.01:
                self.poison(self._random.choice([kind for kind in POISON if kind != "tooLarge"]))
            elif draw < 0.09:
                self._submit()
            elif draw < 0.13 and self._sent:
                # Once more, exactly as it was.
                self._publish(self._random.choice(self._sent), is_new=False)
            elif draw < 0.35 and self._recent:
                self._publish(self.reply(self._random.choice(self._recent)))
            elif draw < 0.38:
                # The reply overtakes its ticket.
                ticket = self.ticket()
                self._publish(self.reply(ticket[0].ticket))
                self._later.append((self.fed + self._random.randint(1, 30), ticket))
            elif draw < 0.395:
                self._outage()
            else:
                self._publish(self.ticket())

    def _publish(self, what: tuple, is_new: bool = True) -> None:
        self._upstream.send(*what)
        self.fed += 1
        if is_new:
            self._sent.append(what)
            if what[0].kind == "ticket" and what[0].expect == "stored":
                self._recent.append(what[0].ticket)

    def _outage(self) -> None:
        place = f"L-{self._random.randint(1, 9)}"
        for _ in range(4):
            text = (texts.OUTAGE[0].format(place=place), texts.OUTAGE[1].format(place=place))
            self._publish(self.ticket(text=text, is_late=False))

    def _submit(self) -> None:
        subject, body = self._random.choice(texts.TICKETS)
        entry = Entry("ticket", "gateway", "", str(uuid.uuid4()), None, self.marker())
        requester = {"id": f"learner-{self._random.randint(1, 400)}"}
        body = f"{body}{self._details()}\n({entry.marker})"
        self._client.submit(entry, {"subject": subject, "body": body, "requester": requester, "channel": "web"})
        self.fed += 1

    # Records: (entry, headers, value, key)

    def marker(self) -> str:
        return f"mark {uuid.uuid4().hex[:20]}"

    def _details(self) -> str:
        """What makes most tickets one person's own. Without, every one would look like thousands of others, and the run would be a single outage that
        grows till its end."""
        if self._random.random() < 0.1:
            return ""
        return "\nSeat, host and build: " + " ".join(f"{self._random.getrandbits(20):05x}" for _ in range(16))

    def _body(self, marker: str, text=None) -> tuple[dict, str]:
        random_ = self._random
        ticket = str(uuid.uuid4())
        subject, body = text or random_.choice(texts.FOREIGN if random_.random() < 0.05 else texts.TICKETS)
        details = self._details() if text is None else ""
        person = random_.randint(1, 400)
        return {
            "schemaVersion": 1, "ticketId": ticket, "subject": subject, "body": f"{body}{details}\n({marker})", "channel": "lms",
            "requester": {"id": f"learner-{person}", "name": f"Learner {person}", "email": f"learner-{person}@example.org"},
            "persona": random_.choice(["trainee", "trainee", "trainee", "instructor", "operator", "support_engineer"]),
            "course": "CYB-101", "module": f"L-{random_.randint(1, 9)}",
        }, ticket

    def ticket(self, text=None, kind: str = "ticket", is_late: bool | None = None, extra: str = "") -> tuple:
        marker = self.marker()
        body, ticket = self._body(marker, text)
        body["body"] += extra
        entry = Entry(kind, "topic", SOURCE, str(uuid.uuid4()), ticket, marker)
        now = time.time()
        if is_late if is_late is not None else self._random.random() < 0.3:
            # Sent late by its system: its clocks have been running for up to six days.
            now -= 300 + self._random.random() ** 2 * 6 * 86_400
        return entry, headers(entry, "ticket.submitted", now), json.dumps(body, ensure_ascii=False).encode(), ticket

    def reply(self, ticket: str) -> tuple:
        draw = self._random.random()
        marker = self.marker()
        if draw < 0.15:
            author, text = {"kind": "agent", "id": "agent-1"}, self._random.choice(texts.AGENT)
        elif draw < 0.35:
            author, text = {"kind": "requester", "id": "learner-1"}, self._random.choice(texts.FAILURES)
        else:
            author, text = {"kind": "requester", "id": "learner-1"}, self._random.choice(texts.REPLIES)
        entry = Entry("reply", "topic", SOURCE, str(uuid.uuid4()), ticket, marker)
        body = {"schemaVersion": 1, "ticketId": ticket, "author": author, "body": f"{text}\n({marker})"}
        return entry, headers(entry, "ticket.replied", time.time()), json.dumps(body, ensure_ascii=False).encode(), ticket

    # What is special

    def probe(self) -> str:
        with self._lock:
            what = self.ticket(text=self._random.choice(texts.TICKETS), kind="probe", is_late=False)
        self._upstream.send(*what)
        return what[0].ticket

    def hot(self, share: float, seconds: float) -> None:
        with self._lock:
            what = self.ticket(is_late=False)
            self._publish(what)
            self._hot = (what[0].ticket, share, time.time() + seconds)

    def recent(self, count: int) -> list[str]:
        """Tickets of a while ago that the pipeline should have by now."""
        with self._lock:
            return list(self._recent)[:200][-count:]

    def reply_to(self, tickets: list[str]) -> None:
        """A reply to each, as fast as can be."""
        with self._lock:
            for ticket in tickets:
                self._publish(self.reply(ticket))

    def doomed(self, word: str, kind: str) -> None:
        """A good ticket by its form, at which whoever decides on it fails."""
        with self._lock:
            what = self.ticket(is_late=False, extra=f" {word}")
            what[0].expect, what[0].what = "dead", kind
            self._publish(what)

    def poison(self, kind: str) -> None:
        with self._lock:
            if kind == "tooLarge":
                if self.large >= 4:
                    return
                self.large += 1
            entry, pairs, value, key = self.ticket(is_late=False)
            entry.expect, entry.what = "dead", kind
            match kind:
                case "badJSON": value = value[: len(value) // 2]
                case "wrongSchema": value = b'{"schemaVersion":1,"requester":{"id":7},"subject":["no text"]}'
                case "emptyPayload": value = b""
                case "nullPayload": value = None
                case "noKey": key, entry.expect = None, "stored"
                case "tooLarge": value = value.replace(entry.marker.encode(), entry.marker.encode() + b" line by line" * 100_000)
                case "invalidUTF8": value = value.replace(entry.marker.encode(), entry.marker.encode() + b"\xc3\x28\xff")
                case "nulCharacter": value = value.replace(entry.marker.encode(), entry.marker.encode() + b"\\u0000")
                case "noHeaders":
                    # Taken as a ticket by its place in the log, and it is none.
                    pairs, value = [], f"no ticket at all ({entry.marker})".encode()
                    entry.source, entry.id = "", entry.marker
                case "idConflict":
                    entry.expect = "stored"
                    self._publish((entry, pairs, value, key))
                    twin = Entry("ticket", "topic", entry.source, entry.id, entry.ticket, self.marker(), "dead", kind)
                    entry, value = twin, value.replace(entry.marker.encode(), twin.marker.encode())
            self._publish((entry, pairs, value, key), is_new=kind == "noKey")
