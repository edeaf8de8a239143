"""Tickets sent all the time to see how long one takes through all stages: stored and classified, its clocks set, counted."""

import threading
import time
from dataclasses import dataclass

import psycopg


@dataclass
class Probe:
    ticket: str
    sent: float
    classified: float | None = None
    done: float | None = None


class Probes(threading.Thread):
    INTERVAL = 0.5

    def __init__(self, database, send, is_on):
        super().__init__(daemon=True, name="probes")
        self._database, self._send, self._is_on = database, send, is_on
        self.all: list[Probe] = []
        self.stored = 0

    def run(self) -> None:
        last = last_count = 0.0
        open_: list[Probe] = []
        while True:
            now = time.time()
            if self._is_on() and now - last >= self.INTERVAL:
                last = now
                probe = Probe(self._send(), now)
                self.all.append(probe)
                open_.append(probe)
            try:
                if now - last_count > 1:
                    last_count = now
                    self.stored = self._database.ask("SELECT count(*) FROM tickets WHERE version > 0")[0][0]
                if open_:
                    self._look(open_)
                    open_ = [p for p in open_ if p.done is None]
            except psycopg.Error:
                pass
            time.sleep(0.1)

    def oldest(self) -> float:
        """For how long the one has been on its way that has been so longest, in seconds."""
        now = time.time()
        return max((now - probe.sent for probe in self.all[-400:] if probe.done is None), default=0.0)

    def _look(self, probes: list[Probe]) -> None:
        ids = [p.ticket for p in probes]
        rows = self._database.ask(
            """SELECT t.id::text, EXISTS (SELECT FROM sla_clocks AS c WHERE c.ticket_id = t.id) AND t.id IN (
                   SELECT ticket_id FROM metric_facts WHERE name = 'tickets_submitted' AND at >= to_timestamp(%s) AND ticket_id = ANY(%s::uuid[]))
               FROM tickets AS t WHERE t.id = ANY(%s::uuid[]) AND t.version > 0 AND t.revision > 0""",
            min(p.sent for p in probes) - 60, ids, ids,
        )
        now = time.time()
        found = dict(rows)
        for probe in probes:
            if probe.ticket in found:
                probe.classified = probe.classified or now
                if found[probe.ticket]:
                    probe.done = now
