"""A mail server for rehearsals and tests: it takes every message, shows it, and fails when told to.

store.py      messages and armed faults, kept on disk
receiving.py  the SMTP side
inbox.py      the page for people and the JSON for scripts
"""
