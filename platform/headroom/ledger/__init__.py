"""The ledger: where every minor unit is, and why.

split.py        PURE  basis points → exact shares
chart.py        PURE  the accounts and their sides
facts.py        PURE  what can happen to the money of one charge
booking.py      PURE  facts → journals that sum to zero
books.py              tables of the books; guards.py: append-only and balanced, by the database itself
models.py             tables of payments, legs, refunds, payees, events, alarms
journals.py           writing journals, balances, rebuild and compare
deals.py              a charge's rows as the pure value; facts booked under one lock; replay from zero
payments.py           verbs: open_attempt and the two halves of starting a checkout
observing.py          re-read objects → facts → bookings → reactions
payouts.py            verbs: release; legs and their transfers
refunds.py            verbs: plan_refund and what follows
payees.py             verbs: onboarding; what a payee can receive
events.py             webhooks: verified, stored raw, handled later
reconciling.py        nightly: our `stripe` account against the provider's own list; solvency
alarms.py             what staff must look at
letters.py            mails about money
pages.py              read models: where a subject's money is; the way back from checkout
statements.py         read models: the payer's receipt, the payee's statement
errors.py

Words: a *subject* is `purpose:id` (`order:ord_…`), the thing paid for. A *payment* collects its price by one or
more *attempts*. A *charge* is money that arrived; it is held for its subject, or in suspense when it fits none.
A *leg* is one party's share on its way to the party's account. Parties are ids, never names.
"""
