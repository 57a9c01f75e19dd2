"""Lighthouse holds the pages that readers come to first to its audits, on a slowed telephone and on a desk.

Its score for performance is as good as the machine is idle, also where that is a share of a larger one. `make bench`
prints it beside the aim; here the best of a few tries must show that no page has become slow.
"""

import os

import pytest

from bookbuild import browser, lighthouse
from bookbuild.notebooks import BUILD

SITE = BUILD / "html"
TRIES = 4
FAST = 75

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(
        "CI" not in os.environ and not (browser.find_browser() and lighthouse.is_installed()),
        reason="no browser, or no Lighthouse, which make test installs",
    ),
]


@pytest.mark.parametrize("form", lighthouse.FORMS)
@pytest.mark.parametrize("page", lighthouse.PAGES)
def test_a_page_has_a_high_score(page, form):
    best = 0
    for _ in range(TRIES):
        [found] = lighthouse.audit(SITE, [page], [form])
        best = max(best, found.scores.pop("performance"))
        assert len(found.scores) == 3
        assert min(found.scores.values()) >= lighthouse.AIM, (found.scores, found.lost)
        if best >= FAST:
            return
    pytest.fail(f"performance {best} of 100; lost in {found.lost}")
