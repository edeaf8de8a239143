"""Tickets to feed: the sample feed's own texts with their blanks filled in, the same for every run."""

import glob
import json
import random
import uuid
from datetime import datetime, timezone

from confluent_kafka import Producer

MODULES = ["L-3", "L-4", "L-7", "N-2", "N-5", "F-1", "W-6", "C-9"]
COURSES = ["Network Defence 101", "Incident Response", "Linux Hardening", "Malware Analysis", "Range Operations"]
HOSTS = ["ldap01.range.lab", "mail.blue.lab", "scada-gw.plant.lab", "files.red.lab", "registry.lab"]
PERSONAS = ["trainee", "trainee", "trainee", "trainee", "instructor", "operator", "support_engineer"]
SOURCE = "/bench"


def _samples(repository):
    """`subject | text` on each line of the sample feed's sources."""
    samples = []
    for path in sorted(glob.glob(f"{repository}/deploy/local/Feed/Samples/*.swift")):
        with open(path) as file:
            lines = [line.strip() for line in file]
        samples += [tuple(line.split(" | ", 1)) for line in lines if " | " in line and not line.startswith("///")]
    return samples


class Text:
    """What a ticket says and who says it: all that its decision depends on."""

    def __init__(self, subject, body, persona, course, module):
        self.subject, self.body, self.persona, self.course, self.module = subject, body, persona, course, module

    @property
    def key(self):
        return (self.subject, self.body, self.persona)


def texts(repository, count, seed=1):
    """Different texts, in the samples' languages."""
    chance, samples, found = random.Random(seed), _samples(repository), {}
    while len(found) < count:
        subject, body = chance.choice(samples)
        course, module = chance.choice(COURSES), chance.choice(MODULES)
        blanks = {
            "{module}": module, "{course}": course, "{vm}": f"lab-{chance.randint(10, 99)}-vm{chance.randint(1, 9)}",
            "{host}": chance.choice(HOSTS), "{n}": str(chance.randint(3, 45)), "{time}": f"{chance.randint(7, 19)}:{chance.randint(10, 59)}",
        }  # fmt: skip
        for blank, value in blanks.items():
            subject, body = subject.replace(blank, value), body.replace(blank, value)
        text = Text(subject, body, chance.choice(PERSONAS), course, module)
        found[text.key] = text
    return list(found.values())


def write(path, texts_):
    with open(path, "w") as file:
        for text in texts_:
            file.write(json.dumps({"subject": text.subject, "body": text.body, "persona": text.persona}) + "\n")


def records(texts_, count, seed):
    """(key, payload, headers) of `ticket.submitted`, ready to be produced: texts and ids the same for the same seed."""
    chance = random.Random(seed)
    return _records([chance.choice(texts_) for _ in range(count)], chance)


def records_of_each(texts_):
    """One ticket of every text, in order."""
    return _records(texts_, random.Random(2))


def _records(texts_, chance):
    made = []
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for text in texts_:
        person = chance.randint(1, 400)
        ticket = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        payload = {
            "schemaVersion": 1, "ticketId": ticket,
            "requester": {"id": f"learner-{person}", "name": f"Learner {person}", "email": f"learner-{person}@example.org"},
            "persona": text.persona, "channel": "lms", "subject": text.subject, "body": text.body, "course": text.course, "module": text.module,
        }  # fmt: skip
        headers = [
            ("ce_specversion", "1.0"), ("ce_id", str(uuid.UUID(int=chance.getrandbits(128), version=4))), ("ce_type", "ticket.submitted"),
            ("ce_source", SOURCE), ("ce_time", now), ("ce_subject", ticket), ("content-type", "application/json"),
        ]  # fmt: skip
        made.append((ticket, json.dumps(payload, ensure_ascii=False).encode(), headers))
    return made


def producer(address):
    return Producer({
        "bootstrap.servers": address, "enable.idempotence": True, "linger.ms": 5, "partitioner": "murmur2_random",
        "queue.buffering.max.messages": 2_000_000,
    })  # fmt: skip


def publish(address, records_, client=None):
    """Produces all and returns when the log has them; with a producer of its own unless one is given."""
    client, refused = client or producer(address), []
    for key, payload, headers in records_:
        client.produce(
            "helpdesk.tickets", payload, key, headers=headers, on_delivery=lambda error, _: refused.append(error) if error else None)
        client.poll(0)
    left = client.flush(60)
    if left or refused:
        raise RuntimeError(f"{left} records not acknowledged, {len(refused)} refused: {refused[:1]}")
