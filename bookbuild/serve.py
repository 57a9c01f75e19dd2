"""Serve the site on localhost."""

import errno
import functools
import http.server
import os
import sys

from bookbuild.inputs import BUILD


def main(arguments: list[str]) -> int:
    """Serve the site until it is stopped; a port that can't be had is told in one line."""
    text = arguments[0] if arguments else os.environ.get("PORT", "8000")
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        print(f"serve: PORT = {text!r} is not accepted: give a whole number from 1 to 65535", file=sys.stderr)
        return 1
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(BUILD / "html"))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(text)), handler)
    except OSError as error:
        why = {errno.EADDRINUSE: "is in use", errno.EACCES: "is kept for the system"}.get(error.errno or 0)
        print(
            f"serve: port {text} {why or error.strerror}; choose another: make serve PORT={_other(text)}",
            file=sys.stderr,
        )
        return 1
    with server:
        print(f"The book is at http://127.0.0.1:{text}/ until you press Ctrl+C.", flush=True)
        server.serve_forever()
    return 0


def _other(text: str) -> int:
    following = int(text) + 1
    return following if 1024 <= following < 65536 else 8000
