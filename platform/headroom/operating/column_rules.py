"""`column-rules`: every column of every model carries a complete data rule, or the check fails."""

from __future__ import annotations

import sys
from importlib import import_module

from headroom.data_rules import lint
from headroom.db import Base


def main(arguments: list[str]) -> int:
    """Print each gap, one sentence a line; 1 when there is any."""
    del arguments
    import_module("migrations.models")
    models = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    findings = lint(Base.metadata, models)
    for finding in findings:
        print(finding, file=sys.stderr)
    columns = sum(len(table.columns) for table in Base.metadata.tables.values())
    print(f"{columns} columns in {len(models)} tables, {len(findings)} without a complete rule")
    return 1 if findings else 0
