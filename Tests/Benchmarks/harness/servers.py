"""A private PostgreSQL cluster with fsync on, and a broker: the one of KAFKA_BROKERS or an embedded one."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile

import psycopg
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from .processes import Failure, Process, free_port, reaped_cpu_seconds, run, tree, wait_until

TOPICS = ["tickets", "enrichments", "changes", "escalations", "metrics"]
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "max_connections": "200",
}


def programs():
    for version in ("17", "16", "15"):
        folder = f"/usr/lib/postgresql/{version}/bin"
        if os.path.exists(f"{folder}/initdb"):
            return folder
    initdb = shutil.which("initdb")
    if not initdb:
        raise Failure("found no initdb of PostgreSQL 15 or later; install it (apt-get install postgresql-15)")
    return os.path.dirname(initdb)


class Cluster:
    """PostgreSQL in a folder of its own, for the length of a run. As root it runs as `postgres`, which initdb demands."""

    def __init__(self, log):
        self.directory = tempfile.mkdtemp(prefix="helpdesk-bench-", dir="/var/tmp")
        self.port = free_port()
        prefix = []
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
            prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]
        data = f"{self.directory}/data"
        run(["env", "-C", "/", *prefix, f"{programs()}/initdb", "-D", data, "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8", "-A", "trust"])
        settings = {"listen_addresses": "", "port": self.port, "unix_socket_directories": self.directory, "logging_collector": "off", **SETTINGS}
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        self.server = Process("postgres", ["env", "-C", "/", *prefix, f"{programs()}/postgres", "-D", data, *arguments], log)
        self.server.wait_until(self._answers, "readiness")

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.directory}&port={self.port}"

    def _answers(self):
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            return True
        except psycopg.OperationalError:
            return False

    def execute(self, statement, database="postgres"):
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            return connection.execute(statement)

    def connect(self, database):
        return psycopg.connect(self.url(database), autocommit=True)

    def create(self, name, template="template1"):
        """A fresh database; one of this name is dropped. What it copied is on disk before anything is timed."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        self.execute("CHECKPOINT")
        return self.url(name)

    def keep_to(self, cores):
        """The server, its processes and those that it starts from now on; None: wherever they like."""
        if cores:
            for member in tree(self.server.pid):
                subprocess.run(["taskset", "-a", "-p", "-c", cores, str(member)], stdout=subprocess.DEVNULL, check=False)

    def cpu(self):
        return reaped_cpu_seconds(self.server.pid)

    def stop(self):
        self.server.stop(signal.SIGINT)
        shutil.rmtree(self.directory, ignore_errors=True)


class Broker:
    """A log for one run. The embedded one is made anew each time; the topics of a real one are emptied by deleting and creating them."""

    def __init__(self, programs_, log, partitions=12, cores=None):
        self.is_embedded = not os.environ.get("KAFKA_BROKERS")
        if self.is_embedded:
            self.process = Process(
                "broker", [programs_, "broker", "--partitions", str(partitions)], log, cores=cores, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE)
            self.address = self.process.child.stdout.readline().decode().strip()
            if not self.address:
                raise Failure(f"the embedded broker did not start; see {log}")
        else:
            self.process, self.address = None, os.environ["KAFKA_BROKERS"]
            self._recreate(partitions)

    def _recreate(self, partitions):
        admin = AdminClient({"bootstrap.servers": self.address})
        names = [f"helpdesk.{topic}{suffix}" for topic in TOPICS for suffix in ("", ".dlq")]
        topics = admin.list_topics(timeout=10).topics
        present = [name for name in names if name in topics]
        if not os.environ.get("BENCH_MAY_DELETE_TOPICS"):
            self._refuse_to_delete({name: topics[name].partitions for name in present})
        for future in admin.delete_topics(present).values() if present else []:
            future.result()
        wait_until(lambda: not set(names) & set(admin.list_topics(timeout=10).topics), "the old topics to go")
        new = [NewTopic(name, partitions, config={"message.timestamp.type": "LogAppendTime"}) for name in names]
        for future in admin.create_topics(new).values():
            future.result()

    def _refuse_to_delete(self, partitions):
        """Whoever runs the benchmark against a cluster in use would lose its log."""
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": "bench-reader"})
        try:
            for name, numbers in partitions.items():
                for number in numbers:
                    low, high = consumer.get_watermark_offsets(TopicPartition(name, number), timeout=10)
                    if high > low:
                        raise Failure(
                            f"the topic {name} at {self.address} holds {high - low} records in partition {number}, and every measurement deletes the "
                            "topics of the help desk there; set BENCH_MAY_DELETE_TOPICS=1 if nobody needs them")
        finally:
            consumer.close()
        os.environ["BENCH_MAY_DELETE_TOPICS"] = "our own"

    @property
    def environment(self):
        # A fetch that waits at the embedded broker is not woken by new records.
        return {"KAFKA_BROKERS": self.address, **({"KAFKA_FETCH_WAIT": "10ms"} if self.is_embedded else {})}

    @property
    def fetch_wait(self):
        return 10 if self.is_embedded else 100

    def stop(self):
        if self.process:
            self.process.child.stdin.close()
            self.process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
