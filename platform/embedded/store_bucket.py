"""Create the bucket with one signed request (AWS Signature Version 4), standard library only.

The store's supervisor has to leave a usable bucket behind before anything else of the product runs.
"""

import hashlib
import hmac
import http.client
import time

_ALREADY_THERE = 409
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class BucketRefused(Exception):
    """The store answered the creation of its bucket with something else than yes."""


def create_bucket(*, port: int, bucket: str, access_key: str, secret_key: str, region: str) -> None:
    """PUT the bucket; one that is ours already is fine. Raises BucketRefused."""
    host = f"127.0.0.1:{port}"
    headers = _signed_headers(host, bucket, access_key=access_key, secret_key=secret_key, region=region)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("PUT", f"/{bucket}", headers=headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    finally:
        connection.close()
    owned = response.status == _ALREADY_THERE and "BucketAlreadyOwnedByYou" in text
    if response.status != http.HTTPStatus.OK and not owned:
        raise BucketRefused(f"The store refused to create bucket {bucket}: {response.status} {text[:300]}")


def _signed_headers(host: str, bucket: str, *, access_key: str, secret_key: str, region: str) -> dict[str, str]:
    instant = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{instant[:8]}/{region}/s3/aws4_request"
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = (
        f"PUT\n/{bucket}\n\nhost:{host}\nx-amz-content-sha256:{_EMPTY_SHA256}\n"
        f"x-amz-date:{instant}\n\n{names}\n{_EMPTY_SHA256}"
    )
    to_sign = f"AWS4-HMAC-SHA256\n{instant}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret_key}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return {
        "Host": host,
        "x-amz-content-sha256": _EMPTY_SHA256,
        "x-amz-date": instant,
        "Authorization": (
            f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        ),
    }
