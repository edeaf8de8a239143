"""Processes under measurement: started, waited for, asked for processor time and memory, ended."""

import os
import signal
import socket
import subprocess
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """Something did not start or did not come to an end. The message says what to look at."""


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def wait_until(condition, what, seconds=60, step=0.05):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(step)
    raise Failure(f"waited {seconds} s in vain for {what}")


def is_ready(url):
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def cpu_seconds(pid):
    """User and system time of a process with all its threads; 0 for one that is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def tree(pid):
    """A process and all below it."""
    found, open_ = [], [pid]
    while open_:
        current = open_.pop()
        found.append(current)
        try:
            for task in os.listdir(f"/proc/{current}/task"):
                with open(f"/proc/{current}/task/{task}/children") as file:
                    open_ += [int(child) for child in file.read().split()]
        except OSError:
            continue
    return found


def reaped_cpu_seconds(pid):
    """Processor time of a process, its living children, and those that it has already buried."""
    total = 0.0
    for member in tree(pid):
        total += cpu_seconds(member)
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += (int(fields[13]) + int(fields[14])) / TICKS
    except OSError:
        pass
    return total


def memory(pid):
    """Resident MiB now, and at most so far."""
    values = {}
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                values[name] = int(rest.split()[0]) / 1024
    return values["VmRSS"], values["VmHWM"]


class Process:
    """A child that is ended with its owner; what it says goes to a file that failures name."""

    def __init__(self, name, command, log, environment=None, cores=None, stdin=None, stdout=None):
        if cores is not None:
            command = ["taskset", "-c", cores, *command]
        self.name, self.log = name, log
        with open(log, "ab") as file:
            self.child = subprocess.Popen(
                command, env={**os.environ, **(environment or {})}, stdin=stdin or subprocess.DEVNULL, stdout=stdout or file, stderr=file)

    @property
    def pid(self):
        return self.child.pid

    def check(self):
        if self.child.poll() is not None:
            raise Failure(f"{self.name} ended with status {self.child.returncode}; see {self.log}")

    def wait_until(self, condition, what, seconds=60, step=0.05):
        def look():
            self.check()
            return condition()

        return wait_until(look, f"{what} of {self.name} (its log: {self.log})", seconds, step)

    def cpu(self):
        return sum(cpu_seconds(member) for member in tree(self.pid))

    def memory(self):
        return memory(self.pid)

    def stop(self, signal_=signal.SIGTERM, seconds=20):
        if self.child.poll() is None:
            self.child.send_signal(signal_)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        for stream in (self.child.stdin, self.child.stdout):
            if stream:
                stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def run(command, environment=None, cwd=None):
    """What a command prints; its failure with its last words."""
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, cwd=cwd)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command[:3])} ended with status {done.returncode}: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout
