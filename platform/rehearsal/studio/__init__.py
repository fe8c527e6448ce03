"""The believable studio: three engineers, their clients, and orders in every state that people and time bring about.

plan.py     PURE. every order as one row: who, which song, what happens on which day, where it stands in the end
tales.py    PURE. how such a row is written
cast.py     PURE. who the people are, in which language they write, what the engineers offer
words.py    PURE. what people write, in English and Russian
acts.py     what one person does with one order, by its name in the plan
opening.py  people come in, engineers open their studios
songs.py    a song of its own for every order, cut from the demo's recording

Days only go forward, as the rehearsal's clock does: what is old in the end was played first.
"""
