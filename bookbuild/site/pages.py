"""Finished pages: what the theme's templates leave to be set right, and the policy that every page carries."""

import base64
import hashlib
import html
import re

from llmcalc.messages import message

# Icons come from Font Awesome's web fonts; its script, half a megabyte, would draw them a second time.
# The book has no live kernels, so the settings of Thebe in every page are of no use, and nobody asks
# for the page's name.
UNUSED = re.compile(
    r'<script src="[^"]*/fontawesome/[^"]*"></script>\n?'
    r'|<link rel="preload" as="font"[^>]*/fa-(?:brands|regular)-400[^>]*>\n?'
    r'|<script type="text/x-thebe-config">.*?</script>\n?'
    r"|<script>kernelName = .*?</script>\n?"
    r"|<script>DOCUMENTATION_OPTIONS\.pagename = .*?</script>\n?"
    r'|<meta name="viewport" content="width=device-width, initial-scale=1" ?/>\n?',
    re.DOTALL,
)
# Buttons that the theme lets a script write, so that they show only where scripts run; the style sheet does it, too.
WRITTEN = re.compile(r"<script>\s*document\.write\(`(.*?)`\);\s*</script>", re.DOTALL)
CORRECTIONS = [
    # A name that speech input can use is the one that is read on the screen.
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    # Colours are right from the start: set by a later script, the dark theme would begin with a flash of the light one.
    ('dataset.theme = localStorage.getItem("theme") || "auto";',
     'dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";\n'
     '    if (document.documentElement.dataset.mode !== "auto")\n'
     "      document.documentElement.dataset.theme = document.documentElement.dataset.mode;"),
    # The roles of bibliographies are withdrawn; an entry is an item of a list.
    ('role="doc-biblioentry"', 'role="listitem"'),
]  # fmt: skip
# Whatever the theme calls it in the language of the page.
SEARCH = re.compile(r'(search-button-field search-button__button" )title="([^"]*)" aria-label="\2"')
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
# Scripts that the page needn't wait for, in their order: all that are files.
WAITED_FOR = re.compile(r'<script(?=[^>]*\bsrc=)(?![^>]*(?:defer|async|type="module"))')
CHARSET = '<meta charset="utf-8" />'


def finish(page: str) -> str:
    """Return a page without what it does not need, with names that are true, and with its policy."""
    page = WRITTEN.sub(lambda match: match[1], UNUSED.sub("", page))
    for old, new in CORRECTIONS:
        page = page.replace(old, new)
    search, look = message("Search this book"), message("Light, dark or automatic")
    page = SEARCH.sub(lambda match: f'{match[1]}title="{_quoted(search)}"', page)
    page = page.replace('"light/dark"', f'"{_quoted(look)}"')
    page = without_repeated_scripts(page)
    # Sphinx's search begins as soon as it is loaded, unless the page is still being read; what it finds is for later.
    if "searchtools.js" not in page:
        page = WAITED_FOR.sub("<script defer", page)
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}" />'
    return page.replace(CHARSET, f"{CHARSET}\n    {tag}", 1)


def _quoted(text: str) -> str:
    return html.escape(text, quote=True)


def without_repeated_scripts(page: str) -> str:
    """Return a page with every inline script once."""
    seen: set[str] = set()

    def once(match: re.Match[str]) -> str:
        if match[0] in seen:
            return ""
        seen.add(match[0])
        return match[0]

    return INLINE_SCRIPT.sub(once, page)


def policy(page: str) -> str:
    """Return the Content-Security-Policy of a page: the site's own files, and the inline scripts that it has now."""
    scripts = {
        base64.b64encode(hashlib.sha256(match[1].encode()).digest()).decode() for match in INLINE_SCRIPT.finditer(page)
    }
    rules = {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'", *(f"'sha256-{digest}'" for digest in sorted(scripts))],
        # MathJax stretches brackets by attributes; tables bring their columns'.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())
