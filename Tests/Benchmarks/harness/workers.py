"""The Triage worker: how it is started and when it is in its group."""

from .processes import Process, free_port, is_ready


def triage(context, database, broker, number=1, environment=None):
    """One process of ours. The embedded broker takes three seconds to let a group begin."""
    port = free_port()
    process = Process(
        f"classifier-worker {number}",
        [
            f"{context.bin}/classifier-worker", "run", "--health-port", str(port),
            "--classifier-taxonomy", f"{context.repository}/deploy/config/taxonomy.yaml",
            "--classifier-guardrails", f"{context.repository}/deploy/config/guardrails.yaml",
        ],
        context.log(f"classifier-worker-{number}"),
        {"DATABASE_URL": database, "SWIFT_BACKTRACE": "enable=no", **broker.environment, **(environment or {})},
    )  # fmt: skip
    process.wait_until(lambda: is_ready(f"http://127.0.0.1:{port}/readyz"), "readiness")
    return process


def joined(connection, workers=1):
    """Whether this many processes share all twelve partitions."""
    held, holders = connection.execute(
        "SELECT count(*), count(DISTINCT holder) FROM helpdesk.consumer_assignments WHERE closed_at IS NULL AND topic = 'helpdesk.tickets'"
    ).fetchone()
    return held == 12 and holders == workers
