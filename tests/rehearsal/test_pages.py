"""The browser without a screen sends what a page offers, and nothing else."""

from __future__ import annotations

import pytest

from rehearsal.pages import NotOnPage, Page

HTML = """
<h1>Offer</h1><script>var hidden = "unseen";</script>
<a href="/orders/ord_1">One</a> <a href="/orders/ord_1">again</a> <a href="/legal">Legal</a>
<form action="/orders/ord_1/offer" method="post">
  <input type="hidden" name="csrf_token" value="token"><input type="hidden" name="version" value="3">
  <input name="price" value="200.00"> <textarea name="note">As agreed.</textarea>
  <select name="bit_depth"><option value="16">16</option><option value="24" selected>24</option></select>
  <input type="checkbox" name="deliverables" value="mix" checked><input type="checkbox" name="deliverables" value="master">
  <input type="radio" name="tier" value="a"><input type="radio" name="tier" value="b" checked>
  <input name="old" value="x" disabled><button>Send</button>
</form>
<input name="outside" value="1" form="late">
<form id="late" action="/late" method="post"><input name="inside" value="2">
  <button name="act" value="pay">Pay</button><button name="act" value="back">Back</button></form>
"""
PAGE = Page("http://localhost:8600/orders/ord_1", 200, HTML)


def test_a_form_goes_as_it_stands_with_what_was_filled_in() -> None:
    sent = PAGE.form("/offer").filled({"price": "250.00"})
    assert sent == [
        ("csrf_token", "token"), ("version", "3"), ("price", "250.00"), ("note", "As agreed."), ("bit_depth", "24"),
        ("deliverables", "mix"), ("tier", "b"),
    ]  # fmt: skip


def test_boxes_choices_and_radios_take_what_they_offer() -> None:
    sent = PAGE.form("/offer").filled({"deliverables": ["mix", "master"], "bit_depth": 16, "tier": "a"})
    assert [value for name, value in sent if name == "deliverables"] == ["mix", "master"]
    assert ("bit_depth", "16") in sent
    assert ("tier", "a") in sent


@pytest.mark.parametrize("given", [{"prize": "1"}, {"bit_depth": "8"}, {"deliverables": ["stems"]}, {"old": "y"}])
def test_what_a_form_does_not_offer_cannot_be_sent(given: dict[str, object]) -> None:
    with pytest.raises(NotOnPage):
        PAGE.form("/offer").filled(given)


def test_one_of_several_buttons_is_named() -> None:
    assert ("act", "back") in PAGE.form("/late").filled({}, press="back")
    with pytest.raises(NotOnPage):
        PAGE.form("/late").filled({}, press="steal")


def test_a_page_gives_its_token_links_and_visible_words() -> None:
    assert PAGE.csrf == "token"
    assert PAGE.links(r"/orders/") == ["http://localhost:8600/orders/ord_1"]
    assert PAGE.says("offer")
    assert not PAGE.says("unseen")


def test_a_form_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(NotOnPage, match="/orders/ord_1/offer"):
        PAGE.form("/approval")
