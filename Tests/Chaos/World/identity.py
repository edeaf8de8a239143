"""The identities of the pipeline's contract, derived here once more: UUIDs of version 5 over parts with their lengths."""

import hashlib
import struct
import uuid

EVENT = uuid.UUID("6b1d0e4a-3352-4f0c-9a61-520b8e7d1101")


def derived(namespace: uuid.UUID, *parts: bytes) -> uuid.UUID:
    digest = hashlib.sha1(namespace.bytes)
    for part in parts:
        digest.update(struct.pack(">I", len(part)))
        digest.update(part)
    return uuid.UUID(bytes=digest.digest()[:16], version=5)


def content(type_: str | None, value: bytes | None) -> bytes:
    """Tells a repeated event from another one under the same id."""
    digest = hashlib.sha256()
    if type_ is not None:
        digest.update(type_.encode())
    digest.update(b"\0")
    if value is not None:
        digest.update(value)
    return digest.digest()[:16]


def event(source: str, id_: str) -> uuid.UUID:
    return derived(EVENT, source.encode(), id_.encode())


def event_by_place(topic: str, partition: int, offset: int, timestamp: int, hash_: bytes) -> uuid.UUID:
    """The identity of a record without CloudEvents headers."""
    return derived(EVENT, topic.encode(), str(partition).encode(), str(offset).encode(), str(timestamp).encode(), hash_)
