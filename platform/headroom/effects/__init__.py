"""Effects: what must happen outside, once, written in the transaction that decides it.

A verb plans an effect (a row and a job, same transaction); the worker claims it, calls the gateway with the
effect's idempotency key outside any transaction, and settles it. Promise: the state changes once; the provider
is called at least once, always with the same key until a lookup proved that nothing arrived.

models.py   Effect
planning.py plan: called by verbs
settling.py claim, settle, postpone, give_up, due: called by the worker
"""
