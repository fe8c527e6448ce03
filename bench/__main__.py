"""`./headroom bench [name …]`: run the benches and print JSON lines; exit 1 when a goal is missed."""

from __future__ import annotations

import json
import pkgutil
import sys
import time
from importlib import import_module
from typing import Any

import bench


def main(names: list[str]) -> int:
    """Run the named benches, or all of them."""
    known = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"no bench named {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    missed: list[str] = []
    left_out: list[str] = []

    def out(figure: dict[str, Any]) -> None:
        print(json.dumps(figure, ensure_ascii=False), flush=True)
        if figure.get("met") is False:
            missed.append(str(figure["figure"]))
        if "left_out" in figure:
            left_out.append(f"{figure['figure']} ({figure['left_out']})")

    for name in names or known:
        started = time.perf_counter()
        import_module(f"bench.{name}").run(out)
        out({"figure": f"{name}.took", "value": round(time.perf_counter() - started, 1), "unit": "s", "met": None})
    print(f"left out: {len(left_out)}", *left_out, sep="\n  ", file=sys.stderr)
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
