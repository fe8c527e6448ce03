"""A rehearsal stand-in for Stripe: the real SDK talks to it and cannot tell.

What is accepted comes from the installed SDK, never from our own client code:
contract.py    routes, read from the SDK's service classes
schema.py      request schemas, read from the SDK's params TypedDicts; forms become typed values or a refusal
resources.py   response shapes, read from the SDK's resource classes; the closed list of event types

What it does:
world.py       state, clock and the events of one request
store.py       objects and deliveries on disk (SQLite)
behavior/      one file per resource; each rule names the docs.stripe.com page it follows
api.py         the HTTP door: key, version, idempotency, faults, errors
webhooks.py    signed deliveries with retries
machine.py     /_faults, /_clock, /_state for scripts
pages.py       what people click: checkout, onboarding, dashboard

A call without behavior is answered 501, never with a made-up success. Being faithful to the SDK's contract is
tested here; being faithful to Stripe is proved only by running tests/standins/scenario.py with STRIPE_TEST_KEY.
"""
