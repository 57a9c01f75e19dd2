"""The way in for Make: ``python -m bookbuild book``, ``pdf``, ``executed``, ``rerun`` or ``serve``.

Whatever happens, what a reader sees is a line that says what to do, and what was written on the way is removed.
"""

import os
import signal
import sys
from types import FrameType

from bookbuild import scratch

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WHERE_THINGS_STAND = {
    "rerun": "nothing was written",
    "serve": "the site is no longer served",
}


def stop(number: int, frame: FrameType | None) -> None:
    """Stop as for an interrupt, once: another signal must not disturb the tidying up."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(command: str, arguments: list[str]) -> int:
    """Do what is asked for, and return the exit code."""
    if command == "execute":
        from bookbuild import execute

        return execute.main(arguments)
    if command == "rerun":
        from bookbuild import rerun

        return rerun.main(arguments)
    if command == "serve":
        from bookbuild import serve

        return serve.main(arguments)
    from bookbuild import build

    return build.main([command, *arguments])


def enter(command: str = "") -> None:
    """Do what the command line asks for, or the command that is given with what the command line adds."""
    command, *arguments = [command, *sys.argv[1:]] if command else sys.argv[1:] or ["book"]
    name = "book" if command in ("pdf", "executed", "execute") else command
    for ending in ENDINGS:
        if signal.getsignal(ending) != signal.SIG_IGN:  # of a program that is to outlive its terminal
            signal.signal(ending, stop)
    # Notebooks and Sphinx write what a terminal may not know; only this process speaks to it.
    os.environ.pop("PYTHONIOENCODING", None)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = run(command, arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
        standing = WHERE_THINGS_STAND.get(name, "the site is as it was")
        print(f"{name}: interrupted; {standing}", file=sys.stderr)
    except BrokenPipeError:
        status = 141
    except Exception as error:
        from bookbuild import faults

        line = faults.explain(error)
        if not line:
            scratch.sweep()
            raise
        status = 1
        print(f"{name}: {line}", file=sys.stderr)
    if status:
        end(status)


def end(status: int) -> None:
    """End at once, without waiting for kernels, and leave nothing behind."""
    if "bookbuild.kernels" in sys.modules:
        from bookbuild import kernels

        kernels.end()
    scratch.sweep()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    enter()
