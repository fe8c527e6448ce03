"""Figures, as ratios against a peer or a floor of the same run; never absolute times of a noisy machine.

Each module has `run(out)`, where `out` takes one JSON-able dict a figure:
{"figure": name, "value": number, "unit": text, "goal": text, "met": bool | None, …facts}. `met` None: printed only.
"""
