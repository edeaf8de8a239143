"""The verdict: the world's own log, the tail of every topic and the rows of the database, each held against the others."""

import collections
import datetime
import time
import uuid

import identity
from database import Database
from ledger import Entry, Ledger
from tail import READERS, Seen, Tail

MARK = "substring(body FROM 'mark [0-9a-f]{20}')"


class Faults:
    """What was injected when; says to whose time a moment belongs."""

    def __init__(self):
        self.all: list[dict] = []
        # When the feed began to go as fast as it can: what is slow from then on is slow of that.
        self.hurried = float("inf")

    def began(self, at: float, number: int, name: str, recovery: float, allows_dead_letters: bool) -> None:
        self.all.append(
            {"number": number, "name": name, "began": at, "ended": None, "limit": recovery, "allows": allows_dead_letters, "note": "", "missed": False}
        )

    def struck(self, at: float) -> None:
        self.all[-1].setdefault("blows", []).append(at)

    def ended(self, at: float, number: int, note: str, missed: bool) -> None:
        for fault in self.all:
            if fault["number"] == number:
                fault.update(ended=at, note=note, missed=missed)
                return
        # Given up before it began.
        self.all.append(
            {"number": number, "name": note, "began": at, "ended": at, "limit": 0, "allows": True, "note": note, "missed": missed}
        )

    def at(self, moment: float | None) -> dict | None:
        found = None
        for fault in self.all:
            if moment is not None and fault["began"] <= moment and not fault["missed"]:
                found = fault
        return found


class Judge:
    def __init__(self, ledger: Ledger, tail: Tail, database: Database, faults: Faults, probes: list, extra: list):
        self.ledger, self.tail, self.database, self.faults, self.probes = ledger, tail, database, faults, probes
        self.findings: list[dict] = list(extra)
        self.summary: list[str] = []
        self._sent: dict[str, float] = {}  # when the first event of a ticket was sent

    def find(self, kind: str, words: str, moment: float | None = None, ticket=None) -> None:
        if moment is None and ticket is not None:
            moment = self._sent.get(str(ticket))
        fault = self.faults.at(moment)
        self.findings.append({"kind": kind, "fault": fault["number"] if fault else None, "words": words})

    def verdict(self) -> dict:
        # What the brokers have told and the tail has not read yet may come in meanwhile.
        for _ in range(5):
            before, began = self.moment(), time.time()
            self.read()
            print(f"read everything in {time.time() - began:.1f} s", flush=True)
            if self.stuck or self.moment() == before:
                break
        else:
            self.find("world", "something went on changing while it was judged")
        for step in (
            self.summarise, self.tickets_and_replies, self.strangers, self.dead_letters, self.histories, self.order, self.consequences, self.told,
            self.counted, self.recovery,
        ):
            began = time.time()
            step()
            print(f"judged {step.__name__} in {time.time() - began:.1f} s", flush=True)
        injections = [
            {"number": f["number"], "name": f["name"], "missed": f["missed"], "note": f["note"],
             "classified": f.get("classified"), "through": f.get("done")}
            for f in self.faults.all
        ]
        return {"injections": injections, "findings": self.findings, "summary": self.summary}

    # Reading

    def moment(self) -> tuple:
        """Changes with everything that happens."""
        sql = """SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM metric_facts), (SELECT count(*) FROM ticket_history),
                        (SELECT count(*) FROM policy_decisions), (SELECT count(warned_at) + count(breached_at) FROM sla_clocks)"""
        return (len(self.tail.records), *self.database.ask(sql, patience=60)[0])

    def read(self) -> None:
        ask = lambda sql: self.database.ask(sql, patience=60)
        self.tickets = {str(r[0]): r for r in ask(f"SELECT id, version, revision, message_count, enrichment, {MARK} FROM tickets WHERE version > 0")}
        self.messages = ask(f"SELECT id, ticket_id, author_kind, {MARK}, number FROM messages")
        self.history = ask("SELECT ticket_id, version, kind, cause, origin FROM ticket_history ORDER BY ticket_id, version")
        self.classifications = ask("SELECT ticket_id, revision, event_id FROM classifications")
        self.answers = ask("SELECT ticket_id, number FROM answers")
        self.escalations = ask("SELECT ticket_id, rule, cycle, event_ids FROM escalations")
        self.decided = {str(r[0]) for r in ask("SELECT DISTINCT ticket_id FROM policy_decisions")}
        self.clocks = ask("SELECT ticket_id, target, cycle, warned_at IS NOT NULL, breached_at IS NOT NULL FROM sla_clocks")
        incidents = ask("SELECT id, closed_at IS NOT NULL FROM incidents")
        self.incidents, self.closed = {str(r[0]) for r in incidents}, {str(r[0]) for r in incidents if r[1]}
        self.parked = {r[0]: r[1] for r in ask("SELECT event_id, ticket_id FROM parked_replies")}
        self.inbox: dict[str, dict[uuid.UUID, tuple[str, str]]] = {consumer: {} for consumer in READERS}
        for consumer, event, outcome, detail in ask("SELECT consumer, event_id, outcome, detail FROM inbox"):
            self.inbox.setdefault(consumer, {})[event] = (outcome, detail or "")
        self.records = list(self.tail.records)
        self.by_topic: dict[str, list[Seen]] = collections.defaultdict(list)
        for record in self.records:
            self.by_topic[record.topic].append(record)
        self.letters = [record for record in self.records if record.dlq is not None]
        self.rollups = {
            tuple(row[:10]): (row[10], row[11])
            for row in ask(
                """SELECT grain, name, extract(epoch FROM bucket)::bigint, detail, category, tier, severity, language, persona, channel,
                          sum(count)::bigint, sum(sum) FROM metric_rollups GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"""
            )
        }
        self.facts = dict(ask("SELECT name, count(*) FROM metric_facts GROUP BY name"))

    def summarise(self) -> None:
        entries = list(self.ledger.entries.values())
        for entry in entries:
            if entry.ticket and (entry.ticket not in self._sent or entry.sent < self._sent[entry.ticket]):
                self._sent[entry.ticket] = entry.sent
        kinds = collections.Counter(e.kind if e.expect == "stored" else "poison" for e in entries if e.acknowledged)
        reasons = collections.Counter(letter.dlq.get("dlq-reason", "?") for letter in self.letters)
        self.summary.append(
            f"acknowledged: {self.ledger.acknowledged} deliveries of {sum(kinds.values())} events"
            f" ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))}); {self.ledger.unanswered} posts never answered"
        )
        self.summary.append(
            f"stored: {len(self.tickets)} tickets, {len(self.messages)} messages, {len(self.history)} versions, {len(self.classifications)} classifications,"
            f" {len(self.escalations)} escalations, {sum(1 for c in self.clocks if c[4])} breaches, {len(self.incidents)} incidents"
        )
        self.summary.append(
            f"read from the topics: {len(self.records)} records, {len(self.letters)} dead letters"
            f" ({', '.join(f'{n} {reason}' for reason, n in sorted(reasons.items()))})"
        )
        for refusal in self.ledger.refused[:5]:
            self.find("lost", f"the gateway refused a submission: {refusal}")
        if self.ledger.unanswered:
            self.find("stuck", f"{self.ledger.unanswered} posts were answered by no gateway, however often they were tried")

    # Promises

    def tickets_and_replies(self) -> None:
        tickets_of: dict[str, list[str]] = collections.defaultdict(list)
        for id_, row in self.tickets.items():
            tickets_of[row[5]].append(id_)
        messages_of: dict[str, list[tuple]] = collections.defaultdict(list)
        for row in self.messages:
            if row[3] and row[2] in ("requester", "agent"):
                messages_of[row[3]].append(row)
        letters_of: dict[str, list[Seen]] = collections.defaultdict(list)
        for letter in self.letters:
            if letter.dlq.get("dlq-topic") == "helpdesk.tickets" and letter.marker:
                letters_of[letter.marker].append(letter)
            elif letter.dlq.get("dlq-topic") == "helpdesk.tickets" and letter.id:
                letters_of[f"{letter.source} {letter.id}"].append(letter)
        parked = set(self.parked)
        for entry in list(self.ledger.entries.values()):
            places = tickets_of.get(entry.marker, []) if entry.kind != "reply" else [str(r[1]) for r in messages_of.get(entry.marker, [])]
            letters = letters_of.get(entry.marker, []) + letters_of.get(f"{entry.source} {entry.id}", [])
            name = f"{entry.kind} {entry.ticket or entry.id} ({entry.marker}{', ' + entry.what if entry.what else ''})"
            if len(places) > 1:
                self.find("doubled", f"{name}: stored {len(places)} times: {', '.join(places)}", entry.sent)
            if entry.ticket and places and entry.ticket not in places:
                self.find("doubled", f"{name}: stored under ticket {places[0]}", entry.sent)
            if len(set(entry.answers)) > 1:
                self.find("doubled", f"{name}: the gateway answered with {len(set(entry.answers))} tickets", entry.sent)
            if entry.expect == "dead":
                if places:
                    self.find("doubled", f"{name}: stored, though no ticket may come of it", entry.sent)
                elif entry.acknowledged and not letters:
                    self.find("lost", f"{name}: neither stored nor a dead letter", entry.sent)
                for letter in letters:
                    if not letter.dlq.get("dlq-reason"):
                        self.find("lost", f"{name}: a dead letter without a reason", entry.sent)
                    if entry.what in ("throws", "traps") and letter.dlq.get("dlq-attempts") != "5":
                        self.find("lost", f"{name}: dead after {letter.dlq.get('dlq-attempts')} attempts, not 5", entry.sent)
                continue
            # The second of two records under one id dies by itself and says so.
            dead = [letter for letter in letters if entry.what != "idConflict"]
            if places and dead:
                self.find("doubled", f"{name}: both stored and a dead letter ({dead[0].dlq.get('dlq-reason')})", entry.sent)
            if not places and dead:
                fault = self.faults.at(entry.sent)
                if not (fault and fault["allows"]) or not dead[0].dlq.get("dlq-reason"):
                    words = f"{dead[0].dlq.get('dlq-reason')}: {dead[0].dlq.get('dlq-message')}"
                    self.find("lost", f"{name}: a good one is a dead letter ({words})", entry.sent)
            if entry.acknowledged and not places and not dead:
                if entry.kind == "reply" and identity.event(entry.source, entry.id) in parked:
                    if entry.ticket in self.tickets:
                        self.find("stuck", f"{name}: still parked, though its ticket is stored", entry.sent)
                    else:
                        self.find("lost", f"{name}: parked; its ticket was acknowledged and is not stored", entry.sent)
                elif self.stuck:
                    self.find("stuck", f"{name}: acknowledged, not handled yet", entry.sent)
                else:
                    self.find("lost", f"{name}: acknowledged, neither stored nor a dead letter", entry.sent)

    stuck = False  # whether anything was still unread when it was judged

    def strangers(self) -> None:
        known = {entry.marker for entry in self.ledger.entries.values()}
        for id_, row in self.tickets.items():
            if row[5] not in known:
                self.find("doubled", f"ticket {id_} came from nowhere", ticket=id_)
        for row in self.messages:
            if row[2] in ("requester", "agent") and row[3] not in known:
                self.find("doubled", f"message {row[0]} of ticket {row[1]} came from nowhere", ticket=row[1])

    def dead_letters(self) -> None:
        """Each claims a row in the inbox of its reader, and each dead row has its letter; a letter sent twice repeats its id."""
        claimed = collections.defaultdict(set)
        consumer_of = {topic: consumer for consumer, topic in READERS.items()}
        for letter in self.letters:
            consumer = consumer_of.get(letter.dlq.get("dlq-topic", ""))
            try:
                id_ = uuid.UUID(letter.dlq.get("dlq-event-id", ""))
            except ValueError:
                self.find("lost", f"a dead letter at {letter.topic}[{letter.partition}]@{letter.offset} names no event", letter.at)
                continue
            claimed[consumer].add(id_)
            outcome = self.inbox.get(consumer, {}).get(id_, ("absent",))[0]
            if outcome not in ("dead", "replaying") and not (outcome in ("applied", "ignored") and self.was_sent_back(id_)):
                self.find("doubled", f"dead letter {id_} ({letter.dlq.get('dlq-reason')}): in the inbox of {consumer} as {outcome}", letter.at)
        for consumer, rows in self.inbox.items():
            for id_, (outcome, detail) in rows.items():
                if outcome == "dead" and id_ not in claimed[consumer]:
                    self.find("lost", f"event {id_} is dead for {consumer} ({detail[:80]}) without a dead letter")
        for letter in self.letters:
            # Poison is sent to the topic of tickets alone: what the pipeline tells itself is good.
            fault = self.faults.at(letter.at)
            if letter.dlq.get("dlq-topic") != "helpdesk.tickets" and not (fault and fault["allows"]):
                self.find("lost", f"a good event of {letter.dlq.get('dlq-topic')} is a dead letter: {letter.dlq.get('dlq-reason')}", letter.at)

    def was_sent_back(self, id_: uuid.UUID) -> bool:
        if not hasattr(self, "_sent_back"):
            self._sent_back = {record.inbox for record in self.records if record.is_replay}
        return id_ in self._sent_back

    def histories(self) -> None:
        versions, causes = collections.defaultdict(list), collections.defaultdict(collections.Counter)
        for ticket, version, kind, cause, _ in self.history:
            versions[str(ticket)].append(version)
            causes[str(ticket)][(cause, kind)] += 1
        messages = collections.defaultdict(list)
        for row in self.messages:
            messages[str(row[1])].append(row[4])
        revisions, events = collections.defaultdict(list), collections.Counter()
        for ticket, revision, event in self.classifications:
            revisions[str(ticket)].append(revision)
            events[(str(ticket), event)] += 1
        answers = collections.defaultdict(list)
        for ticket, number in self.answers:
            answers[str(ticket)].append(number)
        for id_, (_, version, revision, count, enrichment, _) in self.tickets.items():
            for what, found, last in [
                ("version", versions[id_], version), ("classification", revisions[id_], revision), ("message", messages[id_], count),
            ]:
                found = sorted(found)
                if found != list(range(1, last + 1)):
                    kind = "lost" if len(found) < last else "doubled"
                    self.find(kind, f"ticket {id_}: {what}s 1 to {last} expected, found {found[:20]}", ticket=id_)
            if sorted(answers[id_]) != list(range(1, len(answers[id_]) + 1)) or not answers[id_]:
                self.find("lost", f"ticket {id_}: answers {sorted(answers[id_])}", ticket=id_)
            if revision < 1:
                self.find("lost", f"ticket {id_}: never classified", ticket=id_)
            if enrichment == "pending":
                self.find("stuck", f"ticket {id_}: waits for the language model", ticket=id_)
            for (cause, kind), number in causes[id_].items():
                if number > 1:
                    self.find("doubled", f"ticket {id_}: cause {cause} has {number} versions of kind {kind}", ticket=id_)
        for (ticket, event), number in events.items():
            if number > 1:
                self.find("doubled", f"ticket {ticket}: event {event} was classified {number} times", ticket=ticket)

    def order(self) -> None:
        """History against the log: what stood in one partition is applied in its order. What came before its ticket follows it, in its own order."""
        first: dict[uuid.UUID, tuple[int, int]] = {}
        for record in self.by_topic["helpdesk.tickets"]:
            first.setdefault(record.inbox, (record.partition, record.offset))
        lanes = collections.defaultdict(list)
        for ticket, version, kind, cause, _ in self.history:
            if kind in ("submitted", "replied") and cause in first and not self.was_sent_back(cause):
                lanes[str(ticket)].append((version, kind, cause, *first[cause]))
        for ticket, rows in lanes.items():
            submitted = next((row for row in rows if row[1] == "submitted"), None)
            newest: dict[tuple, tuple[int, int]] = {}
            for version, kind, _cause, partition, offset in rows:
                early = submitted is not None and kind == "replied" and partition == submitted[3] and offset < submitted[4]
                lane = (partition, early)
                if lane in newest and offset < newest[lane][0]:
                    self.find(
                        "order",
                        f"ticket {ticket}: version {version} comes from [{partition}]@{offset}, version {newest[lane][1]} from @{newest[lane][0]}",
                        ticket=ticket,
                    )
                newest[lane] = (offset, version)
            if submitted is not None and rows[0] != submitted:
                self.find("order", f"ticket {ticket}: version {rows[0][0]} is a reply, before the submission", ticket=ticket)

    def consequences(self) -> None:
        """Whatever lies in a reader's topic is in the reader's inbox, or dead; what the inbox calls applied left its trace."""
        dead = {(l.dlq.get("dlq-topic"), l.dlq.get("dlq-partition"), l.dlq.get("dlq-offset")) for l in self.letters}
        for consumer, topic in READERS.items():
            rows = self.inbox[consumer]
            for record in self.by_topic[topic]:
                if record.inbox not in rows and (topic, str(record.partition), str(record.offset)) not in dead:
                    kind = "stuck" if self.stuck else "lost"
                    self.find(kind, f"{topic}[{record.partition}]@{record.offset}: {record.type} {record.inbox} was never handled", record.at)
            seen = {record.inbox for record in self.by_topic[topic]}
            for id_ in rows:
                if id_ not in seen and rows[id_][0] != "dead":
                    self.find("doubled", f"event {id_}: in the inbox of {consumer}, in no topic")
        causes = {cause for _, _, kind, cause, _ in self.history if kind in ("submitted", "replied")}
        for id_, (outcome, detail) in self.inbox["triage"].items():
            if outcome == "applied" and id_ not in causes:
                self.find("lost", f"event {id_}: applied by triage without a trace")
            if outcome == "ignored" and detail.startswith("parked") and id_ not in causes and id_ not in self.parked:
                self.find("lost", f"reply {id_}: parked once, and gone")
        for consumer in ("enrichment", "escalation"):
            for id_, (outcome, detail) in self.inbox[consumer].items():
                if outcome == "ignored" and "ticket" in detail:
                    self.find("lost", f"event {id_}: ignored by {consumer} ({detail}), though its ticket was stored before it was told")
        clocked = {str(row[0]) for row in self.clocks}
        for id_ in self.tickets:
            if not self.stuck and id_ not in clocked:
                self.find("lost", f"ticket {id_}: no SLA clock was ever set", ticket=id_)
            if not self.stuck and id_ not in self.decided:
                self.find("lost", f"ticket {id_}: the escalation policy never looked at it", ticket=id_)
        for event, ticket in self.parked.items():
            if str(ticket) in self.tickets:
                self.find("stuck", f"reply {event}: parked beside its ticket {ticket}", ticket=ticket)

    def told(self) -> None:
        """One id for each effect, and one content for each id; every effect told, nothing else told."""
        contents: dict[tuple[str, str], set] = collections.defaultdict(set)
        ids: dict[str, dict[tuple, set]] = {}
        for topic in ("helpdesk.changes", "helpdesk.escalations", "helpdesk.enrichments", "helpdesk.metrics"):
            for record in self.by_topic[topic]:
                if not record.is_replay:
                    contents[(topic, record.id)].add(record.hash)
        for (topic, id_), found in contents.items():
            if len(found) > 1:
                self.find("doubled", f"{topic}: id {id_} carries {len(found)} contents")
        keys = {
            "ticket.classified": ("ticketId", "revision"), "ticket.answered": ("ticketId", "number"), "ticket.updated": ("ticketId", "messageId", "kind"),
            "sla.warned": ("ticketId", "target", "cycle"), "sla.breached": ("ticketId", "target", "cycle"), "incident.opened": ("incidentId",),
            "incident.closed": ("incidentId",),
        }
        told: dict[str, dict[tuple, set]] = {type_: collections.defaultdict(set) for type_ in keys}
        escalated: dict[str, tuple] = {}
        versions: set[tuple] = set()
        others: dict[tuple, set] = collections.defaultdict(set)  # changes without a message
        for topic in ("helpdesk.changes", "helpdesk.escalations"):
            for record in self.by_topic[topic]:
                if record.is_replay or record.fields is None:
                    continue
                fields = record.fields
                if record.type == "ticket.escalated":
                    escalated[record.id] = (fields.get("ticketId"), fields.get("rule"), fields.get("cycle"))
                elif record.type == "ticket.updated" and "messageId" not in fields:
                    others[(fields.get("ticketId"), fields.get("version"), fields.get("kind"))].add(record.id)
                elif record.type in keys:
                    told[record.type][tuple(fields.get(key) for key in keys[record.type])].add(record.id)
                if topic == "helpdesk.changes":
                    versions.add((fields.get("ticketId"), fields.get("version")))
                if record.type == "sla.breached" and "at" in fields:
                    self.due(record, fields)
        stored = {
            "ticket.classified": {(str(t), r) for t, r, _ in self.classifications},
            "ticket.answered": {(str(t), n) for t, n in self.answers},
            "sla.warned": {(str(t), target, cycle) for t, target, cycle, warned, _ in self.clocks if warned},
            "sla.breached": {(str(t), target, cycle) for t, target, cycle, _, breached in self.clocks if breached},
            "incident.opened": {(incident,) for incident in self.incidents},
            "incident.closed": {(incident,) for incident in self.closed},
        }
        for type_, effects in told.items():
            for effect, found in effects.items():
                if len(found) > 1:
                    self.find("doubled", f"{type_} {effect}: told under {len(found)} ids", ticket=effect[0])
            for effect in stored.get(type_, set()) - set(effects):
                self.find("lost", f"{type_} {effect}: stored and never told", ticket=effect[0])
            if type_ in stored:
                for effect in set(effects) - stored[type_]:
                    self.find("doubled", f"{type_} {effect}: told and not stored", ticket=effect[0])
        for effect, found in others.items():
            if len(found) > 1:
                self.find("doubled", f"ticket.updated {effect}: told under {len(found)} ids", ticket=effect[0])
        for ticket, version, kind, _cause, _ in self.history:
            # What Escalation decides is told on a topic of its own.
            if kind != "escalated" and (str(ticket), version) not in versions:
                self.find("lost", f"version {version} of ticket {ticket} ({kind}): stored and never told", ticket=ticket)
        asked: dict[tuple, set] = collections.defaultdict(set)
        for record in self.by_topic["helpdesk.enrichments"]:
            if not record.is_replay and record.fields:
                asked[(record.fields.get("ticketId"), record.fields.get("revision"))].add(record.id)
        for effect, found in asked.items():
            if len(found) > 1:
                self.find("doubled", f"enrichment.requested {effect}: asked under {len(found)} ids", ticket=effect[0])
        messages = {str(row[0]) for row in self.messages if row[2] in ("requester", "agent")}
        updated = {effect[1] for effect in told["ticket.updated"]}
        for message in messages - updated:
            self.find("lost", f"message {message}: stored and never told")
        for message in updated - {str(row[0]) for row in self.messages}:
            self.find("doubled", f"message {message}: told and not stored")
        owners = {}
        for ticket, rule, cycle, events in self.escalations:
            if len(set(events)) != len(events) or not events:
                self.find("doubled", f"escalation {ticket} {rule}, cycle {cycle}: names events {events}", ticket=ticket)
            for event in events:
                owners[str(event)] = (str(ticket), rule, cycle)
        for id_ in set(owners) - set(escalated):
            self.find("lost", f"ticket.escalated {owners[id_]}: stored and never told", ticket=owners[id_][0])
        for id_, effect in escalated.items():
            if owners.get(id_) != effect:
                self.find("doubled", f"ticket.escalated {effect} under id {id_}: told and not stored so", ticket=effect[0])

    def due(self, record: Seen, fields: dict) -> None:
        """Nothing runs out in the future. (When it is due now says nothing: the severity may have changed since.)"""
        happened = datetime.datetime.fromisoformat(fields["at"].replace("Z", "+00:00")).timestamp()
        if happened > record.at + 1:
            said = {key: fields.get(key) for key in ("target", "cycle", "severity", "at", "dueAt")}
            self.find(
                "order", f"sla.breached of ticket {fields.get('ticketId')}: told {happened - record.at:.0f} s before it happened ({said})", record.at
            )

    def counted(self) -> None:
        """Facts and rollups against a recount of the metrics topic, one by one; while anything moves, they may differ."""
        if self.stuck:
            return
        expected: dict[tuple, list] = collections.defaultdict(lambda: [0, 0.0])
        per_name: collections.Counter = collections.Counter()
        seen: set[str] = set()
        for record in self.by_topic["helpdesk.metrics"]:
            body = record.fields
            if record.is_replay or body is None or record.id in seen:
                continue
            seen.add(record.id)
            d = body["dimensions"]
            for m in body["measurements"]:
                per_name[m["name"]] += 1
                for grain, unit in (("minute", 60), ("hour", 3600), ("day", 86400)):
                    bucket = body["at"] // (unit * 1_000_000) * unit
                    cell = expected[
                        (grain, m["name"], bucket, m.get("detail") or "", d["category"], d["tier"], d["severity"], d["language"], d["persona"], d["channel"])
                    ]
                    cell[0] += 1
                    cell[1] += m["value"]
        found = self.rollups
        for cell in set(expected) | set(found):
            count, total = expected.get(cell, (0, 0.0))
            has, sum_ = found.get(cell, (0, 0.0))
            if count != has or abs(total - sum_) > 1e-6 * max(1.0, abs(total)):
                self.find("doubled" if has > count else "lost", f"rollup {cell}: {count} (sum {total}) published, {has} (sum {sum_}) counted")
        facts = self.facts
        for name in set(per_name) | set(facts):
            if per_name[name] != facts.get(name, 0):
                kind = "doubled" if facts.get(name, 0) > per_name[name] else "lost"
                self.find(kind, f"facts of {name}: {per_name[name]} published, {facts.get(name, 0)} stored")
        rows = {
            "tickets_submitted": len(self.tickets), "messages_stored": len(self.messages), "classifications": len(self.classifications),
            "answers": len(self.answers), "escalations": len(self.escalations), "sla_warnings": sum(1 for c in self.clocks if c[3]),
            "sla_breaches": sum(1 for c in self.clocks if c[4]), "incidents": len(self.incidents),
        }
        for name, count in rows.items():
            if facts.get(name, 0) != count:
                self.find("doubled" if facts.get(name, 0) > count else "lost", f"facts of {name}: {count} in the tables, {facts.get(name, 0)} counted")

    # Recovery

    SLOW = 2.0

    def recovery(self) -> None:
        """From the beginning of a fault until the last ticket that it held up was classified, and was through all stages."""
        faults = [fault for fault in self.faults.all if not fault["missed"]]
        left = 0.0
        for index, fault in enumerate(faults):
            # What is sent long after the last one's time is none of its business.
            following = faults[index + 1]["began"] if index + 1 < len(faults) else self.faults.hurried
            # Some wait for their moment, some strike again and again: the clock runs from the last blow that a ticket has felt.
            blows = fault.get("blows") or [fault["began"]]
            struck = blows[0]
            until = min(following, max(blows[-1] + 2 * fault["limit"], fault["ended"] or 0))
            # Who comes on top of one that still holds tickets up has what is left of its time as well.
            began = struck
            is_on_top = any(p.sent < began - self.SLOW and (p.done is None or p.done > began) for p in self.probes)
            allowed = max(fault["limit"], left - began) if is_on_top else fault["limit"]
            left = blows[-1] + allowed
            posts = [(entry.sent, entry.acknowledged) for entry in self.ledger.entries.values() if entry.way == "gateway" and entry.acknowledged]
            ways = (
                ("classified", "classified", allowed, [(p.sent, p.classified) for p in self.probes]),
                ("classified", "answered by a gateway", allowed, posts),
                ("done", "through all stages", 2 * allowed, [(p.sent, p.done) for p in self.probes]),
            )
            for key, what, limit, ways_ in ways:
                took = []
                for sent, end in ways_:
                    if end is None or not struck <= sent < until:
                        continue
                    if end >= following:
                        # The next fault may have held it up; but not for what went before that.
                        if following - blows[-1] <= limit or following - sent <= self.SLOW:
                            continue
                        end = following
                    if end - sent > self.SLOW:
                        took.append(end - max(blow for blow in blows if blow <= end))
                    elif sent < struck + 1:
                        took.append(end - sent)
                if took:
                    fault[key] = max(fault.get(key) or 0, round(max(took), 2))
                    if max(took) > limit:
                        self.find(
                            "recovery",
                            f"{fault['name']} (number {fault['number']}): the last ticket that it held up was {what} {max(took):.1f} s after it struck,"
                            f" expected at most {limit:.1f} s",
                            fault["began"],
                        )
        for key, what in (("classified", "classified"), ("done", "through all stages")):
            took = sorted(getattr(p, key) - p.sent for p in self.probes if getattr(p, key))
            if took:
                self.summary.append(
                    f"probes, {what}: {len(took)} tickets, half of them within {took[len(took) // 2]:.2f} s,"
                    f" 95 of 100 within {took[int(len(took) * 0.95)]:.2f} s, the slowest {took[-1]:.1f} s"
                )
