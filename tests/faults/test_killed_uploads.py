"""kill -9 of the web process while a file is announced and while its parts are joined: no part, no file lost or doubled."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Any

import pytest

from rehearsal.uploading import put_part
from tests.faults.house import Answer, House, Person, Site, cut_off, until_answered

BODY = os.urandom(17 << 20)  # two parts


def announced(size: int = len(BODY)) -> dict[str, Any]:
    return {"role": "stem", "name": "drums.wav", "size": size, "fingerprint": hashlib.sha256(BODY).hexdigest()}


def sent(mara: Person, order_id: str) -> str:
    """The id of an upload whose parts all lie in the store."""
    upload = mara.post_json(f"/orders/{order_id}/uploads", announced()).json
    for n in range(1, upload["parts"] + 1):
        part = BODY[(n - 1) * upload["part_size"] : n * upload["part_size"]]
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        asked = {"parts": [{"n": n, "sha256": digest, "size": len(part)}]}
        signed = mara.post_json(f"/uploads/{upload['id']}/parts", asked).json["parts"][0]
        assert put_part(signed["url"], signed["headers"], memoryview(part)) == 200
    return str(upload["id"])


def test_an_announcement_whose_server_died_is_one_upload(house: House) -> None:
    order_id, mara = house.order("paid"), house.person("mara")
    mara.fresh_token()

    def announce(site: Site) -> Answer:
        return mara.post_json(f"/orders/{order_id}/uploads", announced(), at=site)

    cut_off(house, "unit.committed", announce)
    first = house.scalar(
        "SELECT id FROM file_upload u WHERE file_id IN (SELECT file_id FROM order_file WHERE order_id = :o)", o=order_id
    )
    again = announce(house.site)
    assert (again.status, again.json["id"]) == (201, first)
    assert house.scalar("SELECT count(*) FROM order_file WHERE order_id = :o", o=order_id) == 1


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("files.complete.claimed", id="before the joining", marks=pytest.mark.slow),
        pytest.param("files.complete.assembled", id="after the joining, before it is written down"),
        pytest.param("unit.committed@2", id="after it is written down", marks=pytest.mark.slow),
    ],
)
def test_a_server_that_dies_while_joining_costs_no_part(house: House, place: str) -> None:
    order_id, mara = house.order("paid"), house.person("mara")
    upload_id = sent(mara, order_id)

    def complete(site: Site) -> Answer:
        return mara.post_json(f"/uploads/{upload_id}/complete", {}, at=site)

    cut_off(house, place, complete)
    again = until_answered(lambda: complete(house.site))
    assert (again.status, again.json["file_state"], again.json["size"]) == (200, "assembled", len(BODY))
    checks = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'files.check' AND args ->> 'file_id' = :f"
    assert house.scalar(checks, f=again.json["file_id"]) == 1
