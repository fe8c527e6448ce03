"""Privacy: what the data rules make happen. The sweeper is their first reader.

sweeper.py   plan (pure: rules → statements) and perform (batches)
"""
