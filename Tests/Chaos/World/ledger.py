"""The world's own memory of what it sent and what was acknowledged: an append-only log, and the same in memory."""

import json
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One event as the world sent it."""

    kind: str  # ticket, reply, probe
    way: str  # topic, gateway
    source: str
    id: str
    ticket: str | None
    marker: str  # a word that no other text holds
    # stored; dead: no ticket may come of it; either: one of two with the same id
    expect: str = "stored"
    what: str = ""  # kind of poison or doom
    sent: float = 0.0
    acknowledged: float = 0.0
    answers: list = field(default_factory=list)  # ticket ids that the gateway answered with


class Ledger:
    def __init__(self, path: str):
        self._file = open(path, "a", buffering=1)
        self._lock = threading.Lock()
        self.entries: dict[tuple[str, str, str], Entry] = {}
        self.acknowledged = 0
        self.unanswered = 0
        self.refused: list[str] = []

    def attempted(self, entry: Entry) -> None:
        """Before it is sent, so that an event whose acknowledgement got lost is no stranger when it turns up."""
        with self._lock:
            if not entry.sent:
                entry.sent = time.time()
            self.entries[(entry.source, entry.id, entry.marker)] = entry
            self._write("attempted", entry)

    def acknowledge(self, entry: Entry) -> None:
        with self._lock:
            if not entry.acknowledged:
                entry.acknowledged = time.time()
            self.acknowledged += 1
            self._write("acknowledged", entry)

    def _write(self, state: str, entry: Entry) -> None:
        self._file.write(
            json.dumps(
                {
                    "state": state, "at": round(time.time(), 3), "kind": entry.kind, "way": entry.way, "source": entry.source, "id": entry.id,
                    "ticket": entry.ticket, "marker": entry.marker, "expect": entry.expect, "what": entry.what,
                }
            )
            + "\n"
        )
