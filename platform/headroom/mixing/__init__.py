"""Mix & Master orders: a client's stems go in, an engineer's mix comes out, money is held in between.

An order has four regions that move on their own: the deal, the payment, the payees' legs, the files
(see states.py). The rules, one place each:

states.py      PURE  the table of all moves; next_move()
deadlines.py   PURE  when silence ends a state: the fair review timer, reminders, clearing
pricing.py     PURE  quotes, splits, the cancellation ladder; integers only
quality.py     PURE  audio facts → findings, each blocking or advice, with value, unit and threshold
access.py      PURE  who may see and do what: role × action
models.py      the tables, with a data rule on each column
moving.py      one move through the table: compare-and-set on the version, one event row, one deadline
offers.py      verbs before payment: request_quote, send_offer, counter, decline, withdraw, accept_offer
checkout.py    verbs around payment: buy_package, pay, and what the ledger reports
orders.py      verbs after payment: files, intake, delivery, revision, approval, cancellation
timers.py      what happens when a deadline passes, and the reminders before it
talk.py        messages and comments at a point or range, carried to the next version
studio.py      the engineer's profile and packages
order_files.py the order's side of stored files: scopes, limits, reactions
told.py        who is told what, in the app and by mail
entering.py    what an order takes along into a state, whoever moves it there
settlement.py  what a move does outside the order: refunds, releases, holds, deletion dates
pages.py       read model of the order's page; statements.py its SQL, views.py its values; lists.py, records.py, directory.py the others
errors.py      what can stop a verb
"""
