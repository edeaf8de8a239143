"""The database as it stands, asked in SQL."""

import threading
import time

import psycopg


class Database:
    """One connection per thread, made again when it is lost."""

    def __init__(self, url: str):
        self._url = url
        self._local = threading.local()

    def ask(self, sql: str, *arguments, patience: float = 0) -> list[tuple]:
        """Rows. Tries again for `patience` seconds while the server is away."""
        deadline = time.time() + patience
        while True:
            try:
                connection = getattr(self._local, "connection", None)
                if connection is None or connection.closed:
                    connection = psycopg.connect(
                        self._url, autocommit=True, connect_timeout=3, options="-c search_path=helpdesk",
                        # Spared by those who end everybody's sessions: whoever watches is no victim.
                        application_name="fault-injection",
                    )
                    self._local.connection = connection
                return connection.execute(sql, arguments or None).fetchall()
            except psycopg.OperationalError:
                self._local.connection = None
                if time.time() >= deadline:
                    raise
                time.sleep(0.3)
