"""The worker: shallow jobs, one file per domain, and one table of what happens regularly (schedule.py).

app.py         the queue's app and the `task` decorator
schedule.py    every periodic job
reactions.py   the tables purpose → verb: who reacts when a payment or a file changes
effects.py     performs effects: the table kind → performer
__main__.py    starts
"""
