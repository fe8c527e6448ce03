"""Build Swift's three rings in one process; run by the store's own interpreter, which has Swift.

    python store_rings.py CONFIG_DIR OBJECT_PORT CONTAINER_PORT ACCOUNT_PORT

One device on one node. The partition power never changes, so that rings built again for other ports
find the same data. Nine calls of ``swift-ring-builder`` do the same in five times the time.
"""

import importlib
import sys
from pathlib import Path

PARTITION_POWER = 4
REPLICAS = 1
MIN_PART_HOURS = 0


def build_ring(config_dir: Path, kind: str, port: int) -> None:
    builder = importlib.import_module("swift.common.ring").RingBuilder(PARTITION_POWER, REPLICAS, MIN_PART_HOURS)
    builder.add_dev(
        {
            "region": 1,
            "zone": 1,
            "ip": "127.0.0.1",
            "port": port,
            "replication_ip": "127.0.0.1",
            "replication_port": port,
            "device": "d1",
            "weight": 1.0,
            "meta": "",
        }
    )
    builder.rebalance(seed=1)
    builder.get_ring().save(str(config_dir / f"{kind}.ring.gz"))


def main() -> None:
    config_dir = Path(sys.argv[1])
    for kind, port in zip(("object", "container", "account"), sys.argv[2:5], strict=True):
        build_ring(config_dir, kind, int(port))


if __name__ == "__main__":
    main()
