"""Two people walk one whole order in Chromium, over the running product: by mouse, and by keys alone.

Every page on the way is looked over: axe, content security policy, console, requests to others, kept keys, width,
and for the keys whether the focus can be seen at each stop.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright
from sqlalchemy import select

from headroom.files.models import FilePreview, StoredFile
from tests.browser import walking
from tests.browser.conftest import FLAGS, found_browser
from tests.browser.hands import Hand, Keys, Mouse
from tests.browser.running_site import RunningSite, running_site
from tests.browser.visits import DESK, PHONE
from tests.browser.walkers import Look, Walker, walker
from tests.databases import TestServer
from tests.stores import NoStore, SharedSwift

pytestmark = [pytest.mark.browser, pytest.mark.store, pytest.mark.timeout(300)]

WALKS = [
    pytest.param(Mouse, Look("en", "dark", DESK), False, id="by mouse, english, dark, desk"),
    pytest.param(Keys, Look("ru", "light", PHONE), True, id="by keys, russian, light, phone", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def site(test_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    try:
        swift = SharedSwift()
    except NoStore as reason:
        pytest.skip(str(reason))
    with running_site(test_server, swift.place, tmp_path_factory.mktemp("site")) as running:
        yield running
    swift.leave()


@pytest.fixture(scope="module")
def chromium(play: Playwright, site: RunningSite) -> Iterator[Browser]:
    """A browser that finds the site under its address."""
    opened = play.chromium.launch(executable_path=found_browser(), args=[*FLAGS, *site.browser_flags])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> walking.Sounds:
    return walking.record(tmp_path_factory.mktemp("sounds"))


@pytest.mark.parametrize(("hand", "look", "until_the_money_leaves"), WALKS)
def test_two_people_walk_an_order(
    chromium: Browser,
    site: RunningSite,
    sounds: walking.Sounds,
    axe_source: str,
    hand: type[Hand],
    look: Look,
    until_the_money_leaves: bool,
) -> None:
    mara, ivo = (walker(chromium, site, name, look, hand(), axe_source) for name in ("Mara Vale", "Ivo Lindqvist"))
    try:
        order = walk(mara, ivo, sounds)
        if until_the_money_leaves:
            walking.see_the_money_leave(mara, ivo, order)
    except BaseException as stopped:
        for one in (mara, ivo):
            one.photograph("stopped")
            stopped.add_note("\n".join([*one.faults, *one.visit.complaints]))
        raise
    finally:
        mara.visit.close()
        ivo.visit.close()

    assert not (faults := mara.faults + ivo.faults), "\n".join(faults)
    assert left_over(site) == []


def walk(mara: Walker, ivo: Walker, sounds: walking.Sounds) -> str:
    """From the first visit to the receipt; the order's address."""
    handle = f"ivo-{ivo.look.name}"
    walking.arrive(ivo)
    walking.open_studio(ivo, handle)
    walking.arrive(mara)
    order = walking.ask_for_an_offer(mara, handle, sounds)
    walking.make_an_offer(ivo, order)
    walking.pay(mara)
    walking.send_stems(mara, sounds)
    walking.accept_the_files(ivo)
    walking.deliver(ivo, sounds.mixes[0], "Drums and bass glued.")
    walking.ask_for_changes(mara)
    walking.deliver(ivo, sounds.mixes[1], "The kick is down by one decibel.")
    walking.approve(mara)
    walking.look_at_notices(ivo)
    return order


def left_over(site: RunningSite) -> list[str]:
    """Objects that no row knows, and uploads that nobody will finish."""
    with site.database.sessions() as session:
        known = {*session.scalars(select(StoredFile.object_key)), *session.scalars(select(FilePreview.object_key))}
    objects = [each.key for each in site.store.objects() if each.key not in known]
    return objects + [each.key for each in site.store.open_uploads()]
