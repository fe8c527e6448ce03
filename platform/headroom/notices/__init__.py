"""Notices: what a person is told inside the product. A code and values; the page puts them into words.

models.py     Notice
telling.py    post, mark_seen, unseen_count, latest
"""

from headroom.notices.telling import post

__all__ = ["post"]
