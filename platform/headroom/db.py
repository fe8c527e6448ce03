"""The database: the base of all models, the session, one transaction per act, and the column types.

Verbs take an ordinary `Session`; they never commit. Doors open `unit(actor)` for an act (one transaction) and
`reading()` for a page. This is the only module that knows flask_sqlalchemy.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Engine, MetaData, String, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from headroom import failpoints
from headroom.actors import Actor
from headroom.ids import ID_LENGTH
from headroom.settings import Settings

NAMING = {  # so that migrations can name what they change
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

WEB, WORKER, READER = "headroom_web", "headroom_worker", "headroom_reader"  # see operating/roles.py

STATEMENT_TIMEOUT_MS = 15_000  # no page or job may hold a connection longer with one statement
LOCK_TIMEOUT_MS = 5_000  # a blocked act says "busy" rather than hang
IDLE_TIMEOUT_MS = 60_000  # a transaction forgotten open by a dead process is ended by the server


class UtcTime(TypeDecorator[datetime]):
    """An instant: stored as timestamptz, always aware, always UTC. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


class MinorUnits(TypeDecorator[int]):
    """An integer amount of a currency's minor units. Refuses floats and bools."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise TypeError("money is an int of minor units")
        return value


Id = String(ID_LENGTH)  # the type of every opaque id


class Base(DeclarativeBase):
    """The base of all models. `__subject__` and `__row_life__` are explained in data_rules."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcTime(), dict[str, Any]: JSONB, list[Any]: JSONB}


db = SQLAlchemy(metadata=Base.metadata)  # for Flask-Migrate and the app's shell; verbs never see it


class ReadingSession(Session):
    """A session for pages. It has no transaction, so it refuses to write."""

    def flush(self, objects: Any = None) -> None:
        if self.new or self.dirty or self.deleted:
            raise RuntimeError("a page tried to write; acts belong into unit()")


SessionCheck = Callable[[Session, Actor], None]


class Database:
    """One process's connections: an engine, a session factory, and the check of the acting session.

    `check_session` re-reads the actor's sign-in session inside the writing transaction and raises
    NotSignedIn when it is gone; the composition root sets it, since sign-in sessions are a domain above.
    """

    def __init__(self, url: str, *, pool_size: int, role: str | None = None) -> None:
        self.engine: Engine = make_engine(url, pool_size=pool_size, role=role)
        self.sessions: sessionmaker[Session] = sessionmaker(self.engine, expire_on_commit=False)
        # Pages read without BEGIN and ROLLBACK: two round trips less for each, from the same pool.
        unwrapped = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self.reading_sessions = sessionmaker(unwrapped, class_=ReadingSession, expire_on_commit=False)
        self.check_session: SessionCheck | None = None


def make_engine(url: str, *, pool_size: int, role: str | None = None) -> Engine:
    """An engine with `pool_size` connections and no overflow; waits 2 s for one, then raises TimeoutError.

    `role`, if given, is taken on by SET ROLE on each connection. Dead connections are noticed before use.
    """
    options = (
        f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
    )
    engine = create_engine(
        normalized(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        pool_recycle=1800,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "headroom"},
    )
    event.listen(engine, "checkout", _refuse_dead)
    if role is not None:
        quoted = engine.dialect.identifier_preparer.quote(role)

        @event.listens_for(engine, "connect")
        def _take_role(connection: Any, _record: object) -> None:
            connection.execute(f"SET ROLE {quoted}")
            connection.commit()

    return engine


def _refuse_dead(connection: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
    """Notice a connection that the server closed, without asking the server each time.

    A closed connection's socket is readable (end of stream); only then a query decides. A ping at every checkout
    was a tenth of a page's CPU.
    """
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if not watch.poll(0):
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error  # the pool opens a new one


def normalized(url: str) -> str:
    """A PostgreSQL URL that names the psycopg 3 driver, whatever spelling the operator used."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


class _Current:
    """The process's database, set once by a composition root (wsgi, worker, operators' verbs, tests)."""

    database: Database | None = None


def use(database: Database) -> None:
    """Make `database` the one that `unit` and `reading` use in this process."""
    _Current.database = database


def connect(
    settings: Settings, *, url: str | None = None, pool_size: int | None = None, role: str | None = None
) -> Database:
    """Open the process's database from settings and make it current.

    `role` is taken on where the installation uses roles; it then holds for every connection of the process.
    """
    database = Database(
        url or settings.database_url,
        pool_size=pool_size or settings.database_pool_size,
        role=role if settings.database_roles else None,
    )
    use(database)
    return database


def current() -> Database:
    """The process's database; RuntimeError before `use`."""
    if _Current.database is None:
        raise RuntimeError("no database: a composition root must call headroom.db.use first")
    return _Current.database


@contextmanager
def unit(actor: Actor) -> Iterator[Session]:
    """One act in one transaction: commits at the end, rolls back on any exception.

    Re-checks first that the actor's sign-in session still exists, so that a revoked session cannot act.
    """
    database = current()
    with database.sessions.begin() as session:
        if actor.session_id is not None and database.check_session is not None:
            database.check_session(session, actor)
        yield session
        failpoints.hit("unit.before_commit")
    failpoints.hit("unit.committed")


@contextmanager
def reading() -> Iterator[Session]:
    """A session for a page: reads only, each statement sees the newest committed state."""
    with current().reading_sessions() as session:
        yield session


def holds_clock_offset() -> bool:
    """Whether this database was set for rehearsal: a row of an offset is there, whatever it says."""
    with current().engine.connect() as connection:
        if connection.exec_driver_sql("SELECT to_regclass('clock_offset')").scalar() is None:
            return False
        return connection.exec_driver_sql("SELECT 1 FROM clock_offset").first() is not None


def clock_offset() -> timedelta:
    """The rehearsal clock's offset; zero when no row exists. Reads on a connection of its own."""
    with current().engine.connect() as connection:
        seconds = connection.exec_driver_sql("SELECT seconds FROM clock_offset").scalar()
    return timedelta(seconds=int(seconds or 0))
