"""Stored objects: how bytes come in, who may take them out, how long they stay, how they go for good.

A *stored file* belongs to a *scope* (an order, say) of a room above; this room never asks what a scope is.
Bytes travel between browser and store; only checks, previews and decisions pass through the product.

    states.py     PURE. the file region as a table: declared → uploading → … → ready → expiring → purged
    protocol.py   PURE. part sizes, limits, what was signed against what is stored
    names.py      PURE. the name a person gave a file, made safe to show and to send
    models.py     tables, each column with its data rule
    uploads.py    verbs: begin, sign, abort: a person sends a file in parts
    assembling.py verbs: the store's parts become one object, in two units around the call
    checking.py   verbs: what the worker found out about the bytes
    grants.py     verbs: one download, for one person, for ten minutes
    holds.py      verbs: place, lift: nothing under a hold is deleted
    retention.py  PURE plan and its executor: what expires, what is purged, who is told before
    purge.py      verbs: begin, finish: delete, prove, leave a tombstone
    sweep.py      verbs: objects without rows, rows without objects, uploads nobody ends
    pages.py      read models for templates
    errors.py     what can stop a verb

A key in the store is random, used once, and never shows a person's words.
"""
