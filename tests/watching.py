"""Pages of the built site in a browser, watched for faults."""

import os
from contextlib import contextmanager

import pytest

from bookbuild import browser as browsing

in_a_browser = pytest.mark.skipif(
    "CI" not in os.environ and browsing.find_browser() is None,
    reason="no browser: install Chromium, or name one in BROWSER",
)


@contextmanager
def watched(site, **context):
    """Open a tab whose test fails if the page complains, or asks another host; `site` is an address and a browser."""
    opened = site[1].new_context(**context)
    with watched_tab(site, opened) as tab:
        yield tab
    opened.close()


@contextmanager
def watched_tab(site, context):
    """Open such a tab in a context, which other tabs may share."""
    tab = context.new_page()
    troubles = []
    tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    own = (site[0], "blob:", "data:")
    tab.on("request", lambda request: None if request.url.startswith(own) else troubles.append(request.url))
    yield tab
    tab.close()
    assert not troubles, troubles
