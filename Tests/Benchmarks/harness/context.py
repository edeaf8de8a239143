"""What every row shares: the programs, the cluster, the texts, and a place for results."""

import json
import os
import sys
import time

from . import feed
from .processes import run
from .servers import Broker, Cluster


class Context:
    def __init__(self, repository, results, options):
        self.repository, self.results = repository, results
        self.rounds, self.seconds, self.is_long = options.rounds, options.seconds, options.long
        self.bin = f"{repository}/.build/release"
        self.logs = f"{results}/logs"
        os.makedirs(self.logs, exist_ok=True)
        self.peers = f"{repository}/Tests/Benchmarks/peers"
        self.python = sys.executable
        self.texts = feed.texts(repository, 1000)
        self.texts_file = f"{results}/texts.jsonl"
        feed.write(self.texts_file, self.texts)
        self.raw = {}
        self._cluster = None
        self.template = "template_bench"
        self.began = time.monotonic()

    def say(self, text):
        print(f"[{time.monotonic() - self.began:6.0f} s] {text}", file=sys.stderr, flush=True)

    def log(self, name):
        return f"{self.logs}/{name}.log"

    def broker(self, cores=None):
        return Broker(f"{self.bin}/Benchmarks", self.log("broker"), cores=cores)

    @property
    def cluster(self):
        """Started for the first row that needs it; `template` holds what every run begins with."""
        if self._cluster is None:
            self.say("PostgreSQL: a private cluster, fsync on")
            self._cluster = Cluster(self.log("postgres"))
            self._cluster.create("template_bench")
            environment = {"DATABASE_URL": self._cluster.url("template_bench")}
            for command in ("init-db", "seed-roles"):
                run([f"{self.bin}/ingest", command], environment)
            run([f"{self.bin}/classifier-worker", "kb", "sync", f"{self.repository}/kbs"], {**environment, "KAFKA_BROKERS": "127.0.0.1:1"})
            words = run(
                [f"{self.bin}/ingest", "create-key", "--name", "bench", "--role", "agent", "--requester", "bench", "--expires", "30d"], environment
            ).split()
            self.key = next(word for word in words if word.startswith("hdk_"))
        return self._cluster

    def database(self, name):
        return self.cluster.create(name, self.template)

    def note(self, row, value):
        """Keeps a raw result; written after each, so that an interrupted run leaves what it has."""
        self.keep(row, self.raw.get(row, []) + [value])

    def keep(self, name, value):
        self.raw[name] = value
        with open(f"{self.results}/raw.json", "w") as file:
            json.dump(self.raw, file, indent=1)

    def close(self):
        if self._cluster:
            self._cluster.stop()
