"""`bootstrap`: make an empty installation ready: schema, roles, legal documents. Safe to run at every start."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from headroom import clock, db
from headroom.actors import Actor
from headroom.operating import migrate, roles
from headroom.settings import Settings, read_settings


def main(arguments: list[str]) -> int:
    """Migrate, make and grant roles where this installation uses them, and publish the legal documents."""
    del arguments
    settings = read_settings()
    version = migrate.migrate(settings.migrator_url)
    engine = create_engine(db.normalized(settings.migrator_url))
    with engine.begin() as connection:
        if settings.database_roles:
            roles.make_roles(connection)
            roles.grant(connection)
        if settings.is_production and connection.execute(text("SELECT count(*) FROM clock_offset")).scalar_one():
            print("refused: this database holds a clock offset, which belongs to rehearsal")
            return 2
    engine.dispose()
    db.connect(settings, url=settings.migrator_url, pool_size=2)
    publish_legal_documents(settings)
    print(f"schema: {version}")
    return 0


def publish_legal_documents(settings: Settings) -> None:
    """Enter the texts of legal/ into the ledger of documents; those already there are left as they are."""
    from headroom.accounts import documents
    from headroom.operating import legal_figures

    with db.unit(Actor.system("bootstrap")) as session:
        documents.publish_all(session, figures=legal_figures.figures(settings), now=clock.wall_now())
