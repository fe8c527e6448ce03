"""Doors of Mix & Master orders: the client's and the engineer's pages and what can be done on them.

acting.py    one transaction around one act on one order; the frame of every handler that posts
forms.py     what the forms may say
room.py      pages: my orders, the order, its history; the same page again when an act was refused
deal.py      POST: quote, offer, checkout
work.py      POST: files, intake, delivery, revision, approval, cancellation
talk.py      POST: messages and comments
uploads.py   POST: files of an order; who may read them
words.py     every code of mixing in words: states, events, files, findings, guards
news.py      what people are told, in the app and by mail
presenting.py  what the parts of the page say
mails.py     what the mail templates need
"""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("mixing", __name__)

from blueprints.mixing import deal, mails, presenting, room, talk, uploads, work  # noqa: E402 — attach to bp

__all__ = ["bp", "deal", "mails", "presenting", "room", "talk", "uploads", "work"]
