"""The player, the comparison and the comments in a real browser, by mouse and by keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from headroom.settings import Settings
from tests.browser.stage import Stage, stage
from tests.browser.visits import Visit, until
from tests.conftest import Site

pytestmark = pytest.mark.browser

SPY = """
window.starts = []; window.ramps = []; window.buffers = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...given) { window.starts.push(given); window.buffers.push(this.buffer); return start.apply(this, given); };
const ramp = AudioParam.prototype.linearRampToValueAtTime;
AudioParam.prototype.linearRampToValueAtTime = function (value, at) { window.ramps.push([value, at]); return ramp.call(this, value, at); };
"""


@pytest.fixture
def shown(site: Site, settings: Settings) -> Iterator[Stage]:
    with stage(site.app, settings) as found:
        yield found


@pytest.fixture
def page(visit: Visit, shown: Stage) -> Page:
    visit.context.add_init_script(SPY)
    visit.page.goto(shown.url)
    visit.page.locator(".player [data-play]:visible").wait_for()
    return visit.page


def position_s(page: Page) -> float:
    return float(page.locator("[data-t=seek]").input_value())


def on_wave(page: Page, share: float) -> tuple[float, float]:
    """A point of the large wave in the window, `share` of its width from the left."""
    wave = page.locator(".player .wave")
    wave.scroll_into_view_if_needed()
    box = wave.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * share, box["y"] + 40


def test_space_plays_and_pauses(page: Page) -> None:
    page.keyboard.press("Space")
    until(page, "document.querySelector('[data-t=seek]').value > 0.2")
    page.keyboard.press("k")

    stopped_at = position_s(page)
    page.wait_for_timeout(300)
    assert position_s(page) == stopped_at


@pytest.mark.parametrize(("keys", "moved_s"), [("l", 10), ("l j", 0), ("ArrowRight", 5), ("l ArrowLeft", 5)])
def test_keys_move_the_position(page: Page, keys: str, moved_s: float) -> None:
    page.locator(".player [data-play]").click()
    until(page, "document.querySelector('[data-t=seek]').value > 0")
    page.keyboard.press("k")
    before = position_s(page)

    for key in keys.split():
        page.keyboard.press(key)

    assert position_s(page) == pytest.approx(before + moved_s, abs=0.11)


def test_the_slider_says_where_it_is_in_words(page: Page) -> None:
    slider = page.get_by_role("slider", name="Position in Quiet mix")
    slider.focus()
    page.keyboard.press("ArrowRight")

    assert slider.get_attribute("aria-valuetext") == "0:05 of 0:20"


def test_keys_are_off_in_a_field(page: Page) -> None:
    page.locator("#field-body").fill("")
    page.keyboard.type("k x l ?")

    assert page.locator("#field-body").input_value() == "k x l ?"
    assert page.locator("dialog[open]").count() == 0
    assert page.locator("[data-transport]").is_hidden()


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    page.locator("[data-keys-switch]").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("l")
    page.reload()
    page.keyboard.press("?")

    assert page.locator("dialog[open]").count() == 0


def test_both_sides_of_a_comparison_start_at_the_same_sample(page: Page) -> None:
    page.locator("[data-ab-play]").click()
    until(page, "starts.length === 2")

    first, second = page.evaluate("starts")
    assert first == second
    assert page.locator("[data-ab]").get_attribute("data-state") == "exact"


@pytest.mark.parametrize("later_s", [2.0, -2.0])
def test_a_side_that_starts_later_is_entered_where_its_music_is(
    visit: Visit, site: Site, settings: Settings, later_s: float
) -> None:
    with stage(site.app, settings, starts_later_s=later_s) as shifted:
        visit.context.add_init_script(SPY)
        visit.page.goto(shifted.url)
        visit.page.locator("[data-ab-play]").click()
        until(visit.page, "starts.length === 2")
        first, second = visit.page.evaluate("starts")
        # The same tone at two levels: in step, one is at every moment a fixed multiple of the other.
        ratios = visit.page.evaluate("""() => {
          const [a, b] = buffers.map((buffer) => buffer.getChannelData(0));
          return [25, 50, 1001, 40001].map((i) => b[i] / a[i]);
        }""")

        assert first == second
        assert ratios == pytest.approx([2.0] * 4, rel=0.02)
        assert visit.page.locator("[data-ab-seek]").get_attribute("max") == "18.0"
        assert visit.page.locator("[data-ab-step]").inner_text() == "B starts later"


def test_the_louder_side_is_brought_down_to_the_quieter_one(page: Page) -> None:
    page.locator("[data-ab-play]").click()
    until(page, "ramps.length >= 2")
    page.keyboard.press("x")
    heard = page.evaluate("ramps.slice(-2).map(([value]) => value)")

    assert page.locator("[data-gain]").all_inner_texts() == ["0.0 dB", "−6.0 dB"]
    assert heard[0] == 0
    assert heard[1] == pytest.approx(10 ** (-6 / 20), rel=1e-6)


def test_without_matching_levels_are_left_alone(page: Page) -> None:
    page.locator("[data-ab-match]").uncheck()

    assert page.locator("[data-gain]").all_inner_texts() == ["0.0 dB", "0.0 dB"]


def test_switching_fades_both_sides_in_the_same_ten_milliseconds(page: Page) -> None:
    page.locator("[data-ab-play]").click()
    until(page, "ramps.length >= 2")

    times = page.evaluate("""() => {
      const before = ramps.length;
      document.querySelector('[data-ab-switch]').click();
      return ramps.slice(before).map(([, at]) => at);
    }""")

    assert times[0] == times[1]


def test_x_switches_and_says_which_side_sounds(page: Page) -> None:
    page.keyboard.press("x")

    pressed = page.locator("[data-pick]").evaluate_all("all => all.map(each => each.getAttribute('aria-pressed'))")
    assert pressed == ["false", "true"]


def test_a_comparison_silences_the_transport(page: Page) -> None:
    page.keyboard.press("Space")
    until(page, "document.querySelector('[data-t=seek]').value > 0.2")
    page.locator("[data-ab-play]").click()
    until(page, "starts.length === 2")

    assert page.locator("[data-t=play]").get_attribute("data-on") is None


def test_a_click_on_the_wave_fills_the_point_of_the_comment(page: Page) -> None:
    x, y = on_wave(page, 0.5)
    page.mouse.click(x, y)

    assert float(page.locator("#field-start_s").input_value()) == pytest.approx(10, abs=0.05)
    assert page.locator("#field-end_s").input_value() == ""


def test_a_drag_over_the_wave_fills_the_range(page: Page) -> None:
    page.mouse.move(*on_wave(page, 0.75))
    page.mouse.down()
    page.mouse.move(*on_wave(page, 0.25), steps=4)
    page.mouse.up()

    filled = [float(page.locator(f"#field-{name}").input_value()) for name in ("start_s", "end_s")]
    assert filled == pytest.approx([5, 15], abs=0.05)


def test_a_click_does_not_move_a_comment_that_is_being_written(page: Page) -> None:
    page.locator("#field-start_s").fill("3")
    page.locator("#field-body").fill("Too loud here")
    x, y = on_wave(page, 0.5)
    page.mouse.click(x, y)

    assert page.locator("#field-start_s").input_value() == "3"


def test_a_time_in_a_comment_plays_from_there_and_lights_its_comment(page: Page) -> None:
    page.locator("#c-2 .time-link").click()
    until(page, "document.querySelector('#c-2').dataset.near !== undefined")

    assert 6 <= position_s(page) < 9
    assert page.locator("#c-1").get_attribute("data-near") is None


def test_marks_on_the_wave_are_hidden_from_those_who_hear_the_page(page: Page) -> None:
    assert page.locator(".player .wave-marks .mark").count() == 2
    assert page.locator(".player .wave-marks").get_attribute("aria-hidden") == "true"


def test_c_takes_the_position_and_goes_to_the_words(page: Page) -> None:
    page.locator(".player .wave-seek").focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("c")

    assert page.locator("#field-start_s").input_value() == "10.00"
    assert page.evaluate("document.activeElement.id") == "field-body"


def test_the_sound_goes_on_while_another_page_is_opened(page: Page, shown: Stage) -> None:
    page.keyboard.press("Space")
    until(page, "document.querySelector('[data-t=seek]').value > 0.2")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="Another page").click()
    page.wait_for_url(f"{shown.url}/other")
    before = position_s(page)
    until(page, f"document.querySelector('[data-t=seek]').value > {before}")

    assert page.evaluate("window.sameDocument") is True
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_the_sound_goes_on_while_a_comment_is_sent(page: Page, shown: Stage) -> None:
    page.keyboard.press("Space")
    until(page, "document.querySelector('[data-t=seek]').value > 0.2")
    page.evaluate("window.sameDocument = true")
    page.locator("#field-body").fill("Warmer")
    page.get_by_role("button", name="Send").click()
    until(page, "document.querySelector('#field-body').value === ''")
    before = position_s(page)
    until(page, f"document.querySelector('[data-t=seek]').value > {before}")

    assert page.evaluate("window.sameDocument") is True
    assert [path for path, body in shown.posted if "body=Warmer" in body] == ["/comments"]


def test_a_form_is_sent_once_however_often_its_button_is_pressed(page: Page, shown: Stage) -> None:
    button = page.locator("#slow button")
    button.scroll_into_view_if_needed()
    place = button.bounding_box()
    assert place is not None
    for _ in range(3):
        page.mouse.click(place["x"] + 5, place["y"] + 5)
        page.wait_for_timeout(150)
    page.wait_for_timeout(1500)

    assert [path for path, _ in shown.posted] == ["/slow"]


@pytest.mark.parametrize(("answer", "sent"), [("Cancel the order", 1), ("No, go back", 0)])
def test_a_step_that_cannot_be_taken_back_is_asked_first(page: Page, shown: Stage, answer: str, sent: int) -> None:
    page.locator("#asked button").click()
    page.locator("dialog[open]").get_by_role("button", name=answer).click()
    page.wait_for_timeout(300)

    assert len(shown.posted) == sent


def test_a_long_track_is_compared_minute_by_minute(visit: Visit, site: Site, settings: Settings) -> None:
    with stage(site.app, settings, length_s=100) as long:
        visit.context.add_init_script(SPY)
        visit.page.goto(long.url)
        visit.page.locator("[data-ab-seek]").fill("80")
        visit.page.locator("[data-ab-play]").click()
        until(visit.page, "starts.length === 2")

        assert visit.page.locator("[data-ab]").get_attribute("data-state") == "window"
        # The minute held ends with the track, at 100 s, so second 80 is 40 s into it.
        assert [offset for _, offset in visit.page.evaluate("starts")] == [40, 40]


def test_tracks_too_long_to_decode_say_that_switching_is_approximate(
    visit: Visit, site: Site, settings: Settings
) -> None:
    with stage(site.app, settings, length_s=620) as long:
        visit.page.goto(long.url)
        visit.page.locator("[data-ab-play]").click()
        until(visit.page, "document.querySelector('[data-ab]').dataset.state === 'approximate'")

        assert "Approximate" in visit.page.locator("[data-ab-status]").inner_text()


def test_the_page_is_quiet(visit: Visit, page: Page, shown: Stage) -> None:
    page.keyboard.press("Space")
    page.wait_for_timeout(300)

    assert visit.complaints == []
    assert visit.foreign_requests(shown.url) == []
    assert visit.kept_keys() == 0


def test_axe_finds_nothing_on_a_page_with_sound(visit: Visit, page: Page, axe_source: str) -> None:
    page.keyboard.press("Space")
    page.wait_for_timeout(300)

    found = visit.violations(axe_source)
    assert not found, "\n".join(found)


def test_a_part_that_waits_is_exchanged_until_it_is_done(visit: Visit, shown: Stage) -> None:
    visit.page.goto(f"{shown.url}/waiting")
    visit.page.locator("#field-note").fill("Half a sentence")
    visit.page.locator("#field-body").focus()
    until(visit.page, "document.querySelector('#wait p').textContent === 'Checked'")

    assert visit.page.locator("#field-note").input_value() == "Half a sentence"
    assert visit.page.locator("[data-poll]").count() == 0


def test_without_scripts_the_browsers_own_player_serves(browser: object, shown: Stage) -> None:
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    plain = context.new_page()
    plain.goto(shown.url)

    assert plain.locator(".player audio[controls]").is_visible()
    assert plain.locator(".player [data-play]").is_hidden()
    context.close()
