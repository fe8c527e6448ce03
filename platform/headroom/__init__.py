"""Headroom: the house of domains.

Each domain has one name, the same in every folder (blueprints/, worker/, templates/, static/, tests/):

accounts    who someone is: people, sign-in, sessions, capabilities, consent
ledger      money: journals, payments, payouts, refunds, reconciliation
files       stored objects: uploads, grants, holds, retention, purge
audio       bytes in, facts out: containers, loudness, peaks, previews
mixing      Mix & Master orders: the order machine, offers, deliveries, comments

Below them stands the kernel: settings, db, jobs, clock, ids, actors, money, errors, data_rules,
effects (what must happen outside, once), idempotency (what was asked twice), audit (who did what),
mailing and notices (what people are told), gateways (one file per outside system).
The import directions are in docs/architecture.md and are enforced by import-linter.
"""
