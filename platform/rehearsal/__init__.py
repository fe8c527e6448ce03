"""The players of the rehearsal: scripts that use the site over HTTP only, as browsers and clients do.

demo.py         plays one order and leaves two open; `python -m rehearsal.demo --help`
scenes/         the order, scene by scene
people.py       the players: accounts, sign-ins; the rehearsal's own doors and clocks
browsing.py     a browser without a screen: cookies, forms, downloads
pages.py        PURE. what stands on an HTML page
mailbox.py      the stand-in's inbox, as the players read it
uploading.py    the upload protocol; sending.py uses it for an order, with a line that may break
store_proof.py  asks the object store itself what is left
telling.py      the story in the terminal; report.py writes it as JSON
song/           the stems, the rough mix, and the mixes that answer
"""
