"""Separate processes that speak an outside system's own protocol, for rehearsals and tests.

stripe/  Stripe's HTTP API with state, signed webhooks, pages to click and faults on demand
smtp/    a mail server with an inbox that people and tests can read

Nothing here is imported by the product: they meet over the wire, as they would with the real thing.
"""
