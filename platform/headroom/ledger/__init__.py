"""The ledger: where every minor unit is, and why.

split.py        PURE  basis points → exact shares
chart.py        PURE  the accounts and their sides
facts.py        PURE  what can happen to the money of one charge
booking.py      PURE  facts → journals that sum to zero
forecast.py     PURE  net pay and expected transfer date, for people who set a price
models.py             tables: journals are append-only and balanced by the database itself
journals.py           writing journals, balances, rebuild and compare, replay from zero
payments.py           verbs: open_attempt and the two halves of starting a checkout
observing.py          re-read objects → facts → bookings → reactions
payouts.py            verbs: release; legs and their transfers
refunds.py            verbs: plan_refund and what follows
payees.py             verbs: onboarding; what a payee can receive
events.py             webhooks: verified, stored raw, handled later
reconciling.py        nightly: our `stripe` account against the provider's own list; solvency
alarms.py             what staff must look at
pages.py              read models for pages, receipts and statements
errors.py

Words: a *subject* is `purpose:id` (`order:ord_…`), the thing paid for. A *payment* collects its price by one or
more *attempts*. A *charge* is money that arrived; it is held for its subject, or in suspense when it fits none.
A *leg* is one party's share on its way to the party's account. Parties are ids, never names.
"""
