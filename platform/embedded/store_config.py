"""The files OpenStack Swift reads: one proxy that speaks S3, three storage servers, all on loopback.

Every value that is not Swift's default is here for a reason that was measured:

- ``allow_async_delete = false``: otherwise deleting a multipart object leaves its bytes on disk for
  a daemon that is not running (DELETE 204, HEAD 404, the segments still there).
- ``error_suppression_limit``: with one node, Swift's habit of shunning a node for a minute after ten
  errors would turn a short hiccup into a minute of 503.
- ``node_timeout``: a busy two-core machine may take longer than Swift's 10 s to answer itself.
- ``max_manifest_segments`` and ``max_upload_part_num``: S3 allows 10,000 parts, Swift's default is 1,000.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

STORAGE_KINDS = ("object", "container", "account")
MAX_PARTS = 10_000
REGION = "us-east-1"


@dataclass(frozen=True)
class StorePlan:
    """Where the store lives and whom it answers."""

    data_dir: Path
    port: int
    access_key: str
    secret_key: str
    allow_origin: str
    bucket: str
    environment: Path

    @property
    def config_dir(self) -> Path:
        return self.data_dir / "etc"

    @property
    def node_dir(self) -> Path:
        return self.data_dir / "node"

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "log"

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def port_of(self, kind: str) -> int:
        """The proxy has the given port; object, container and account servers the three above it."""
        return self.port if kind == "proxy" else self.port + 1 + STORAGE_KINDS.index(kind)


def write_configs(plan: StorePlan, *, hash_prefix: str, hash_suffix: str) -> None:
    """Write all five files; they are derived, so each start writes them anew."""
    files = {"swift.conf": swift_config(hash_prefix, hash_suffix), "proxy-server.conf": proxy_config(plan)}
    files |= {f"{kind}-server.conf": storage_config(plan, kind) for kind in STORAGE_KINDS}
    for name, text in files.items():
        path = plan.config_dir / name
        path.touch(mode=0o600, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def swift_config(hash_prefix: str, hash_suffix: str) -> str:
    return f"""[swift-hash]
swift_hash_path_prefix = {hash_prefix}
swift_hash_path_suffix = {hash_suffix}

[storage-policy:0]
name = gold
default = yes
"""


def storage_config(plan: StorePlan, kind: str) -> str:
    return f"""[DEFAULT]
{_shared(plan, kind)}
devices = {_escaped(plan.node_dir)}
mount_check = false
disable_fallocate = true
recon_cache_path = {_escaped(plan.data_dir / "cache")}

[pipeline:main]
pipeline = {kind}-server

[app:{kind}-server]
use = egg:swift#{kind}
log_requests = false

[{kind}-updater]
"""


def proxy_config(plan: StorePlan) -> str:
    account, user = plan.access_key.split(":")
    return f"""[DEFAULT]
{_shared(plan, "proxy")}
expose_info = false
cors_allow_origin = {plan.allow_origin}
strict_cors_mode = true
cors_expose_headers = etag

[pipeline:main]
pipeline = catch_errors s3api tempauth bulk slo dlo versioned_writes symlink proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = 60
recoverable_node_timeout = 60
conn_timeout = 5
error_suppression_limit = 1000000

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:s3api]
use = egg:swift#s3api
location = {REGION}
cors_preflight_allow_origin = {plan.allow_origin}
max_upload_part_num = {MAX_PARTS}

[filter:tempauth]
use = egg:swift#tempauth
allow_overrides = false
user_{account}_{user} = {plan.secret_key} .admin

[filter:bulk]
use = egg:swift#bulk

[filter:slo]
use = egg:swift#slo
allow_async_delete = false
max_manifest_segments = {MAX_PARTS}

[filter:dlo]
use = egg:swift#dlo

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true

[filter:symlink]
use = egg:swift#symlink
"""


def _shared(plan: StorePlan, kind: str) -> str:
    return f"""bind_ip = 127.0.0.1
bind_port = {plan.port_of(kind)}
workers = 0
user = {pwd.getpwuid(os.geteuid()).pw_name}
swift_dir = {_escaped(plan.config_dir)}
log_level = ERROR
log_address = {_escaped(plan.log_dir / "no-system-log")}"""


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
