"""The world around the pipeline: feeds it, watches it, judges it, without a line of its code. Told what to do over HTTP on loopback."""

import http.server
import json
import signal
import sys
import threading
import time
import traceback

import confluent_kafka.admin

from database import Database
from feed import POISON, Feed
from groups import Groups
from judge import Faults, Judge
from ledger import Ledger
from probes import Probes
from sender import Client, Upstream
from tail import TOPICS, Tail


class World:
    def __init__(self, settings: dict):
        brokers = settings["brokers"]
        self.database = Database(settings["database"])
        self.ledger = Ledger(settings["directory"] + "/acknowledged.jsonl")
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": brokers, "broker.address.family": "v4"})
        known = admin.list_topics(timeout=20).topics
        names = TOPICS + [topic + ".dlq" for topic in TOPICS]
        missing = [name for name in names if name not in known]
        if missing:
            raise SystemExit(f"the cluster has no topics {', '.join(missing)}: create them first (see the README)")
        self.tail = Tail(brokers, {name: len(known[name].partitions) for name in names})
        self.groups = Groups(brokers, self.tail, settings["embedded"] == "yes")
        self.upstream = Upstream(brokers, self.ledger)
        self.client = Client(settings["gateways"].split(","), settings["key"], self.ledger)
        self.feed = Feed(int(settings["seed"]), self.ledger, self.upstream, self.client, lambda: self.groups.must_wait)
        self.is_probing = False
        self.probes = Probes(self.database, self.feed.probe, lambda: self.is_probing)
        self.faults = Faults()
        self.findings: list[dict] = []
        self.rested: dict | None = None
        self.found: dict | None = None
        for thread in (self.tail, self.groups, self.probes):
            thread.start()

    def status(self, _) -> dict:
        dead = [thread.name for thread in (self.tail, self.groups, self.probes) if not thread.is_alive()]
        return {
            "fed": self.feed.fed, "acknowledged": self.ledger.acknowledged, "isPaused": self.feed.is_waiting, "lag": self.groups.total(),
            "stored": self.probes.stored, "oldest": self.probes.oldest(), "failure": self.tail.failure or (f"threads ended: {dead}" if dead else None),
        }

    def begin(self, order: dict) -> None:
        self.is_probing = True
        self.feed.begin(int(order["count"]), order["rate"])

    def hurry(self, order: dict) -> None:
        self.faults.hurried = time.time()
        self.feed.hurry(order["rate"])

    def began(self, order: dict) -> None:
        self.faults.began(time.time(), int(order["number"]), order["name"], order["recovery"], order["allows_dead_letters"])

    def struck(self, _) -> None:
        """The fault under way has found its victim."""
        self.faults.struck(time.time())

    def ended(self, order: dict) -> None:
        self.faults.ended(time.time(), int(order["number"]), order["note"], order["missed"])

    # Specials

    def poison(self, order: dict) -> None:
        for kind in (order["kinds"] or ",".join(POISON)).split(","):
            for _ in range(int(order["each"])):
                self.feed.poison(kind)

    def hot(self, order: dict) -> None:
        self.feed.hot(order["share"], order["seconds"])

    def recent(self, order: dict) -> dict:
        return {"tickets": self.feed.recent(int(order["count"]))}

    def replies(self, order: dict) -> None:
        self.feed.reply_to(order["tickets"].split(","))

    def doomed(self, order: dict) -> None:
        self.feed.doomed(order["word"], order["kind"])

    def rewind(self, order: dict) -> None:
        self.groups.rewind(order["consumer"])

    def unmoved(self, order: dict) -> None:
        """The committed offset of Triage may not pass a record that is neither handled nor a dead letter."""
        end = time.time() + order["seconds"]
        while time.time() < end:
            passed = self.groups.passed_over(self.database)
            if passed:
                self.breach({"kind": "lost", "words": f"the offset moved past what is neither handled nor dead: {passed}"})
                return
            time.sleep(0.5)

    def breach(self, order: dict) -> None:
        """What a fault itself saw going wrong."""
        fault = self.faults.at(time.time())
        self.findings.append({"kind": order["kind"], "fault": fault["number"] if fault else None, "words": order["words"]})

    # The end

    def rest(self, order: dict) -> None:
        def wait() -> None:
            self.is_probing, self.feed.may_end = False, True
            self.rested = {"busy": self.wait_until_quiet(order["limit"], self.busy)}

        threading.Thread(target=wait, daemon=True, name="rest").start()

    def has_rested(self, _) -> dict:
        return self.rested or {}

    def wait_until_quiet(self, limit: float, busy) -> str:
        """What still goes on after so many seconds; empty when nothing does."""
        deadline = time.time() + limit
        what, quiet = busy(), 0
        while quiet < 3 and time.time() < deadline:
            time.sleep(0.5)
            what = busy()
            quiet = 0 if what else quiet + 1
        return what

    def judge(self, order: dict) -> None:
        """Everything that fires timers has ended by now, or what runs out while it is read would be seen in one place and not in the other."""

        def think() -> None:
            try:
                self.found = self.find(order)
            except Exception as error:
                traceback.print_exc()
                words = f"the judge failed: {type(error).__name__}: {error}"
                self.found = {"injections": [], "findings": [{"kind": "world", "fault": None, "words": words}], "summary": []}

        threading.Thread(target=think, daemon=True, name="judge").start()

    def verdict(self, _) -> dict:
        return self.found or {}

    def find(self, order: dict) -> dict:
        what = (self.rested or {}).get("busy") or self.wait_until_quiet(order["limit"], lambda: self.busy(has_clocks=False))
        judge = Judge(self.ledger, self.tail, self.database, self.faults, self.probes.all, self.findings)
        judge.stuck = any(lag != 0 for lag in self.groups.lag.values())
        if what:
            judge.find("stuck", f"did not come to rest: {what}", time.time())
        if self.tail.failure:
            judge.find("world", self.tail.failure)
        if self.feed.fed < self.feed.count:
            judge.find("world", f"fed {self.feed.fed} of {self.feed.count} events")
        return judge.verdict()

    def busy(self, has_clocks: bool = True) -> str:
        """What is still going on; empty when everything has come to rest.
        - has_clocks: somebody fires timers."""
        if not self.feed.is_flushed():
            return f"the feed waits for {self.upstream.waiting} records and {self.client.waiting} posts to be acknowledged"
        asked = time.time()
        while self.groups.measured < asked and time.time() < asked + 30:
            time.sleep(0.05)
        behind = {consumer: lag for consumer, lag in self.groups.lag.items() if lag != 0}
        if behind:
            return ", ".join(f"{consumer} {'does not answer' if lag is None else f'has {lag} records unread'}" for consumer, lag in behind.items())
        try:
            outbox, timers, probes = self.database.ask(
                """SELECT (SELECT count(*) FROM outbox),
                   -- By the clocks too: a timer that is lost, or put off again and again, is not overdue.
                   (SELECT count(*) FROM timers WHERE due_at < clock_timestamp() - interval '3 seconds')
                   + (SELECT count(*) FROM sla_clocks WHERE status = 'running' AND breached_at IS NULL AND (due_at < clock_timestamp() - interval '10 seconds'
                       OR (warned_at IS NULL AND warn_at < clock_timestamp() - interval '10 seconds'))),
                   (SELECT count(*) FROM tickets WHERE enrichment = 'pending')"""
            )[0]
        except Exception as error:
            return f"the database does not answer: {error}"
        if outbox or (timers and has_clocks) or probes:
            return f"{outbox} events in the outbox, {timers} overdue timers and clocks, {probes} tickets wait for the model"
        late = sum(1 for probe in self.probes.all if probe.done is None)
        return f"{late} probes are not through" if late else ""


def serve(settings: dict) -> None:
    world = World(settings)
    orders = {
        "/status": world.status, "/feed": world.begin, "/hurry": world.hurry, "/began": world.began, "/struck": world.struck, "/ended": world.ended, "/judge": world.judge,
        "/rest": world.rest, "/rested": world.has_rested,
        "/verdict": world.verdict,
        "/special/poison": world.poison, "/special/hot": world.hot, "/special/doomed": world.doomed, "/special/rewind": world.rewind,
        "/special/recent": world.recent, "/special/replies": world.replies,
        "/special/breach": world.breach, "/special/unmoved": world.unmoved,
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            try:
                answer, status = orders[self.path](json.loads(body or b"{}")), 200
            except Exception as error:
                traceback.print_exc()
                answer, status = {"error": f"{type(error).__name__}: {error}"}, 500
            text = json.dumps(answer if answer is not None else {}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(settings["port"])), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        serve(json.load(file))
