"""Outgoing mail: queued as (template, values, locale) in the transaction, rendered and sent by the worker.

models.py    OutgoingMail
sending.py   queue (verbs), claim and the outcomes (worker)

At least once, with a stable Message-ID: twice only if a worker is killed between the server's 250 and our commit.
"""

from headroom.mailing.sending import queue

__all__ = ["queue"]
