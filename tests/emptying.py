"""One database for many tests that commit: emptied between them, which costs a fraction of a new clone.

Whoever is still connected is cut off first, as when a database is dropped, so that nothing of one test writes
into the next. Foreign keys and the guards of append-only tables are off while the rows go.
"""

from __future__ import annotations

import psycopg
from psycopg import errors
from sqlalchemy.engine import make_url

from tests.databases import TestServer

_EMPTY = """
do $$
declare
  kept regclass;
begin
  perform pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';
  set local session_replication_role = replica;
  set local lock_timeout = '5s';
  for kept in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace loop
    execute format('delete from %s', kept);
  end loop;
end $$
"""


class ReusedDatabase:
    """A clone that is emptied after each test, and replaced where that is not permitted."""

    def __init__(self, server: TestServer) -> None:
        self._server = server
        self.url = server.clone()

    def empty(self) -> None:
        """Remove every row, whoever left it."""
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute(_EMPTY)
        except (errors.InsufficientPrivilege, errors.LockNotAvailable):
            self.drop()
            self.url = self._server.clone()

    def drop(self) -> None:
        self._server.drop(self.url)
