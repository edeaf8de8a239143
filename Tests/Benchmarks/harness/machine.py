"""Where and with what a run was made."""

import os
import platform
import subprocess
from datetime import datetime, timezone
from importlib.metadata import version

from .servers import SETTINGS, programs

PACKAGES = ["pydantic", "confluent-kafka", "psycopg", "fastapi", "uvicorn", "uvloop", "httptools", "orjson", "scikit-learn", "numpy"]


def _first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError):
        return "not found"


def load():
    """Of the last minute, relative to nothing: 2 keeps two cores busy."""
    return os.getloadavg()[0]


def describe(repository):
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 1024
    return {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "processor": f"{os.cpu_count()} x {models[0] if models else platform.processor()}",
        "memory": f"{memory} MiB",
        "system": platform.platform(),
        "load before": round(load(), 2),
        "commit": _first_line("git", "-C", repository, "describe", "--always", "--dirty"),
        "swift": _first_line("swift", "--version"),
        "postgres": _first_line(f"{programs()}/postgres", "--version") + " " + ", ".join(f"{name}={value}" for name, value in SETTINGS.items()),
        "librdkafka": _first_line("dpkg-query", "-W", "-f", "${Version}", "librdkafka1"),
        "wrk": _first_line("dpkg-query", "-W", "-f", "${Version}", "wrk"),
        "broker": os.environ.get("KAFKA_BROKERS") or "embedded (librdkafka's mock cluster)",
        "python": platform.python_version() + " " + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }
