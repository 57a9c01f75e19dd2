"""Lighthouse holds the pages that readers come to first to its audits, on a slowed telephone and on a desk.

Other work on the machine takes points of performance away, and never adds any: the best of some tries counts.
"""

import os

import pytest

from bookbuild import browser
from bookbuild.measure import lighthouse
from bookbuild.notebooks import BUILD

SITE = BUILD / "html"
TRIES = 12

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
        if best >= lighthouse.AIM:
            return
    pytest.fail(f"performance {best} of 100; lost in {found.lost}")
