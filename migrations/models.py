"""Imports every domain's models, so that the metadata is whole. A new domain adds its line."""

from importlib import import_module
from importlib.util import find_spec

MODULES = (
    "headroom.operating.models",
    "headroom.effects.models",
    "headroom.idempotency.models",
    "headroom.audit.models",
    "headroom.mailing.models",
    "headroom.notices.models",
    "headroom.accounts.models",
    "headroom.files.models",
    "headroom.ledger.models",
    "headroom.mixing.models",
)

for _name in MODULES:
    if find_spec(_name.rpartition(".")[0]) is not None and find_spec(_name) is not None:
        import_module(_name)
