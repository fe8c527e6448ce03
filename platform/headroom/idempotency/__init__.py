"""Keys of what was asked twice: a POST that creates happens once per key, and a repeat gets the first answer.

models.py   RequestRecord
keys.py     RequestKey, claim, answer
"""
