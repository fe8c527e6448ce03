"""The people's door, one file per domain: a handler parses, loads, runs one verb in one unit, renders.

visit.py      who is at the door: the session cookie, its row, the CSRF token, messages over a redirect
signed_in.py  the access declaration that every route carries
bodies.py     raw bodies to plain values, with limits; forms.py: plain values to typed forms
csrf.py       no unsafe request without proof that it came from our own page
errors.py     one table from domain errors to HTTP; error_words.py: what a person reads then
headers.py    headers of every response; statics.py: files under the build's hash
locales.py    language, theme and time zone of the reader; formats.py: money, time, sizes in words
redirects.py  where a person may be sent
incoming.py   size, kind and storable text of every request; request_log.py: its number and its line
"""
