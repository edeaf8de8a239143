"""`POST /v1/tickets` as a Python service: FastAPI, uvicorn with uvloop and httptools, confluent-kafka, orjson.

The same job as the gateway's: an API key that is known by its hash and looked up in a cache, a body that is checked field by field, a ticket id
made from the caller and the request's own key, one event to the log, and 202 only when the log has acknowledged it.
"""

import asyncio
import hashlib
import os
import secrets
import threading
import time
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timezone

import orjson
import psycopg
from confluent_kafka import Producer
from fastapi import FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, Field, ValidationError

TICKET = uuid.UUID("6b1d0e4a-3352-4f0c-9a61-520b8e7d1103").bytes


class Person(BaseModel):
    id: str | None = Field(default=None, max_length=200)
    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=200)


class Submission(BaseModel):
    requester: Person | None = None
    persona: str | None = None
    channel: str | None = Field(default=None, max_length=200)
    subject: str = Field(min_length=1, max_length=500)
    body: str = Field(min_length=1, max_length=100_000)
    course: str | None = Field(default=None, max_length=200)
    module: str | None = Field(default=None, max_length=200)


class Log:
    """The producer; its reports come on a thread of their own and wake the requests of the event loop, many at a time."""

    def __init__(self, brokers):
        self.producer = Producer({
            "bootstrap.servers": brokers, "enable.idempotence": True, "linger.ms": 1, "message.timeout.ms": 10_000,
            "partitioner": "murmur2_random", "socket.nagle.disable": True,
        })  # fmt: skip
        self.loop = asyncio.get_running_loop()
        self.lock, self.done, self.goes_on = threading.Lock(), [], True
        self.thread = threading.Thread(target=self.poll, daemon=True)
        self.thread.start()

    def poll(self):
        while self.goes_on:
            self.producer.poll(0.1)

    def deliver(self, future, error):
        with self.lock:
            self.done.append((future, error))
            if len(self.done) > 1:
                return
        self.loop.call_soon_threadsafe(self.wake)

    def wake(self):
        with self.lock:
            done, self.done = self.done, []
        for future, error in done:
            if not future.done():
                future.set_result(error)

    async def publish(self, key, value, headers):
        future = self.loop.create_future()
        self.producer.produce("helpdesk.tickets", value, key, headers=headers, on_delivery=lambda error, _: self.deliver(future, error))
        return await future


@asynccontextmanager
async def lifespan(application):
    application.state.log = Log(os.environ["KAFKA_BROKERS"])
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        application.state.keys = {
            bytes(row[0]): {"id": str(row[1]), "role": row[2], "requester": row[3], "persona": row[4]}
            for row in database.execute("SELECT hash, id, role, requester_id, persona FROM helpdesk.api_keys WHERE revoked_at IS NULL")
        }
    yield
    application.state.log.goes_on = False
    application.state.log.producer.flush(5)


app = FastAPI(lifespan=lifespan, openapi_url=None)


def ticket_id(principal, key):
    name = hashlib.sha1(TICKET)
    for part in (principal, key):
        data = part.encode()
        name.update(len(data).to_bytes(4, "big") + data)
    bits = bytearray(name.digest()[:16])
    bits[:6] = int(time.time() * 1000).to_bytes(6, "big")
    bits[6], bits[8] = 0x70 | bits[6] & 0x0F, 0x80 | bits[8] & 0x3F
    return str(uuid.UUID(bytes=bytes(bits)))


@app.post("/v1/tickets")
async def submit(request: Request, authorization: str = Header(default=""), traceparent: str | None = Header(default=None)):
    scheme, _, secret = authorization.partition(" ")
    principal = app.state.keys.get(hashlib.sha256(secret.encode()).digest()) if scheme.lower() == "bearer" else None
    if principal is None:
        raise HTTPException(401, "Send your API key in the header Authorization: Bearer hdk_...")
    if request.headers.get("content-type") != "application/json":
        raise HTTPException(415, "Send the body as JSON.")
    body = await request.body()
    if len(body) > 1_000_000:
        raise HTTPException(413, "A body has at most 1000000 bytes.")
    try:
        submission = Submission.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_url=False, include_input=False))
    person = submission.requester or Person()
    ticket = ticket_id(principal["id"], secrets.token_hex(16))
    payload = {
        "schemaVersion": 1, "ticketId": ticket, "requester": {"id": person.id or principal["requester"], "name": person.name, "email": person.email},
        "persona": submission.persona or principal["persona"], "channel": submission.channel or "api", "subject": submission.subject,
        "body": submission.body, "course": submission.course, "module": submission.module,
    }  # fmt: skip
    headers = [
        ("ce_specversion", "1.0"), ("ce_id", ticket), ("ce_type", "ticket.submitted"), ("ce_source", "/helpdesk/ingest"),
        ("ce_time", datetime.now(timezone.utc).isoformat()), ("ce_subject", ticket), ("content-type", "application/json"),
        ("traceparent", traceparent or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"),
    ]  # fmt: skip
    error = await app.state.log.publish(ticket, orjson.dumps(payload), headers)
    if error:
        raise HTTPException(503, "The log did not confirm it in time; send it again.", {"Retry-After": "5"})
    answer = {"id": ticket, "state": "accepted", "links": {"self": f"/v1/tickets/{ticket}", "history": f"/v1/tickets/{ticket}/history"}}
    return Response(
        orjson.dumps(answer), 202, {"Location": f"/v1/tickets/{ticket}", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        "application/json")
