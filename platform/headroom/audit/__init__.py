"""The audit: an append-only, chained log of who did what to what, and why.

actions.py     Action: the closed list of action names
models.py      AuditEntry, AuditPayload (personal part, erasable), AuditSeal (the chain)
recording.py   record: called by verbs, same transaction, no link yet
looks.py       looks_at: what staff read of a person, for that person
sealing.py     seal: links committed entries, one sealer at a time, within seconds; verify: names the first that does not fit

An entry carries a commitment SHA-256(salt ‖ payload). Erasing payload and salt leaves the chain whole.
"""

from headroom.audit.actions import Action
from headroom.audit.recording import record

__all__ = ["Action", "record"]
