"""Who someone is: people, how they prove it, what they may do, and what they agreed to.

models.py        Person, PasswordRecord, MailLink, SignInSession, CapabilityGrant, LimitBucket
people.py        reading people: get_person, contact_of, names_of
passwords.py     PURE. keyed prehash and bcrypt: a record out of a password, a check of one against the other
hashing.py       slots: one hash at a time per process, four waiting, else Busy
age.py           PURE. the age rule
sign_up.py       verbs: sign_up, send_link, look_at_link, confirm_address
sign_in.py       verbs: candidate_for, sign_in, sign_out
sessions.py      sessions of signed-in people: start, find, keep alive, end
capabilities.py  MEMBER, ENGINEER, STAFF: grant, revoke, held_by
limits.py        guarded counters: so many tries per window, then TooMany
preferences.py   verb: choose (language, time zone, theme, name)
documents.py     legal documents as published: immutable versions with their hashes
consent.py       the append-only ledger of acceptances; verify walks its chain

A capability is unusable until a second factor exists only once second factors do; `capabilities.usable` is the
one place where that rule will stand. Other ways to sign in add a table beside PasswordRecord.
"""
