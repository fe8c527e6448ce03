"""The database's roles: what web, worker and reader may touch. A bug in a door cannot edit the audit.

Roles belong to the whole cluster and are made once, under an advisory lock. Processes log in with their own
URL, or with a common one and SET ROLE (HEADROOM_DATABASE_ROLES).
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from headroom.db import READER, WEB, WORKER

ROLES = (WEB, WORKER, READER)
ROLES_LOCK = 7_301_003

# Only ever inserted into by the product; the worker may also delete, since it sweeps what is past its time.
APPEND_ONLY = (
    "audit_entry",
    "audit_payload",
    "audit_seal",
    "consent_event",
    "journal",
    "posting",
    "order_event",
    "file_purge",
)
# Never readable by the reader: secrets, their hashes, and mails that still hold a link.
SECRET_TABLES = ("password_record", "sign_in_session", "mail_link", "outgoing_mail")


def make_roles(connection: Connection) -> None:
    """Create the roles that are missing, and let the login role take them on. Needs CREATEROLE."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ROLES_LOCK})
    existing = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    for role in ROLES:
        if role not in existing:
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
            connection.execute(text(f"GRANT {role} TO CURRENT_USER"))


def grant(connection: Connection) -> None:
    """Grant each role what it needs in this database, and nothing else. Run after every migration."""
    tables = set(connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())
    everyone = ", ".join(ROLES)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {everyone}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WEB}, {WORKER}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WEB}, {WORKER}"))
    connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}"))
    for table in sorted(tables.intersection(APPEND_ONLY)):
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {WEB}"))
        connection.execute(text(f"REVOKE UPDATE, TRUNCATE ON {table} FROM {WORKER}"))
    for table in sorted(tables.intersection(SECRET_TABLES)):
        connection.execute(text(f"REVOKE ALL ON {table} FROM {READER}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {WEB}, {WORKER}"))
