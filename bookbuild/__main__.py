"""The way in for Make: ``python -m bookbuild`` with ``book``, ``pdf``, ``executed`` or a word of `APART`.

Whatever happens, what a reader sees is a line that says what to do, and what was written on the way is removed.
"""

import importlib
import os
import signal
import sys
import traceback
from contextlib import suppress
from types import FrameType

from bookbuild import edition, scratch

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED, PIPE_CLOSED = 130, 141
# Commands with modules of their own; the others are the work of bookbuild/build.py.
APART = {
    "course": "bookbuild.teaching.course",
    "execute": "bookbuild.run.execute",
    "messages": "bookbuild.messages",
    "rerun": "bookbuild.run.rerun",
    "serve": "bookbuild.serve",
    "slides": "bookbuild.teaching.slides",
}


def run(command: str, arguments: list[str]) -> int:
    """Do what is asked for, and return the exit code."""
    edition.begin()
    # Only what is asked for: with nothing to do, importing would be most of the work.
    module = importlib.import_module(APART.get(command, "bookbuild.build"))
    status: int = module.main(arguments if command in APART else [command, *arguments])
    return status


def enter(command: str = "") -> None:
    """Do what the command line asks for, or the command that is given with what the command line adds."""
    command, *arguments = [command, *sys.argv[1:]] if command else sys.argv[1:] or ["book"]
    name = "book" if command in ("pdf", "executed", "execute") else command
    end_at_signals(name)
    # Notebooks and Sphinx write what a terminal may not know; only this process speaks to it.
    os.environ.pop("PYTHONIOENCODING", None)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = run(command, arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        status = PIPE_CLOSED
    except Exception as error:
        from bookbuild import faults

        status, line = 1, faults.explain(error)
        if line:
            print(f"{name}: {line}", file=sys.stderr)
        else:
            traceback.print_exc()
    if status or scratch.is_in_use():  # something was done, and Python would take its time to forget it
        end(status)


def end_at_signals(name: str) -> None:
    """At the first signal say so and end, leaving nothing behind.

    An exception would not do: where one can't be raised, as in what is called for an object that goes, Python drops it.
    """

    def say_and_end() -> None:
        os.write(2, f"{name}: interrupted\n".encode())  # printing may be what was interrupted
        end(INTERRUPTED)

    def stop(number: int, frame: FrameType | None) -> None:
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        scratch.when_undisturbed(say_and_end)

    for ending in ENDINGS:
        if signal.getsignal(ending) != signal.SIG_IGN:  # of a program that is to outlive its terminal
            signal.signal(ending, stop)


def end(status: int) -> None:
    """End at once, with all that this process has started, and leave nothing behind."""
    for _ in range(2):  # a thread may have been about to start or write one more
        end_children()
        scratch.sweep()
    os._exit(status)


def end_children() -> None:
    """End kernels, Sphinx and whatever they have started, and wait until they are gone."""
    try:
        import psutil
    # In a partly deleted environment, or while what psutil needs is being imported, nothing was started yet.
    except (ImportError, AttributeError):
        return
    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(children, timeout=2)


if __name__ == "__main__":
    enter()
