"""Every template compiles in the site's own environment, so a misspelled filter never meets a reader."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Site

ROOT = Path(__file__).resolve().parents[2]


def test_every_template_compiles(site: Site) -> None:
    broken = []
    names = sorted(str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.*"))
    for name in names:
        try:
            site.app.jinja_env.get_template(name)
        except Exception as error:
            broken.append(f"{name}: {error}")
    assert broken == []
    assert len(names) > 20
