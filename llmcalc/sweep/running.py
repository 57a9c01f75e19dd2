"""Blocks of scenarios shared out over threads, processes or a cluster, with a file to go on from."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from dask.base import compute as computed
from dask.delayed import delayed

from ..checks import Refusal
from ..files import unreadable
from ..messages import marked, message
from .reductions import Summary
from .space import Space, merged, summarise

THREADS, PROCESSES = "threads", "processes"
# What workers get at a time takes about so long: an interrupt waits for it, and so does the next line of progress [s].
MOMENT = 2.0
FEWEST, MOST = 2, 64  # blocks for each worker at a time
JOINED = 8  # summaries that a task merges
SAVED_EVERY = 10.0  # [s]
PATIENCE = 15  # for a scheduler that does not answer [s]

Compute = Callable[[list[Any]], list[Summary]]


class Interrupted(KeyboardInterrupt):
    """A sweep that was stopped: what was finished is in `path`, from which the same sweep goes on."""

    def __init__(self, done: int, total: int, path: str) -> None:
        self.done, self.total, self.path = done, total, path
        counts = {"done": f"{done:,}", "total": f"{total:,}"}
        super().__init__(message("{done} of {total} scenarios are in {file}", file=path, **counts))


class Progress:
    """The summary of the blocks that are finished, and the file that keeps it."""

    def __init__(self, spec: dict[str, Any], space: Space, path: str | None) -> None:
        self.spec, self.path = spec, path
        self.summary, self.next = space.summary(), 0
        self.saved = time.monotonic()

    def save(self) -> None:
        """Write what is finished, whole or not at all."""
        self.saved = time.monotonic()
        if self.path is None:
            return
        temporary = f"{self.path}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump({"spec": self.spec, "next": self.next, "summary": self.summary.to_json()}, file)
        os.replace(temporary, self.path)

    def begin(self) -> None:
        """Write the file once, so that nobody learns after hours that it can't be written."""
        try:
            self.save()
        except OSError as error:
            sentence = message(
                "{file}, which keeps what is finished, can't be written: {reason}",
                file=repr(self.path),
                reason=error.strerror,
            )
            raise Refusal("--output", self.path, "a file that can be written", reason=sentence) from None

    def save_now_and_then(self) -> None:
        """Write it, unless it was written a moment ago."""
        if time.monotonic() - self.saved > SAVED_EVERY:
            self.save()

    def remove(self) -> None:
        """Remove the file: all is finished."""
        if self.path is not None and os.path.exists(self.path):
            os.unlink(self.path)


def kept(path: str) -> dict[str, Any]:
    """What a stopped sweep has left in a file.

    Raises
    ------
    Refusal
        If there is no such file.
    """
    accepted = marked("the file that a stopped sweep has left")
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        if not {"spec", "next", "summary"} <= set(found):
            raise ValueError(message("something is missing in it"))
    except (OSError, ValueError, TypeError) as error:
        raise Refusal("--resume", path, accepted, reason=unreadable("--resume", path, error)) from None
    return dict(found)


def run(
    progress: Progress,
    total: int,
    scheduler: str,
    workers: int,
    told: Callable[[int], None],
) -> Summary:
    """Answer all scenarios that are left, a few blocks for each worker at a time."""
    spec, block = json.dumps(progress.spec), progress.spec["block"]
    each = FEWEST
    progress.begin()
    try:
        with _computing(scheduler, workers) as (compute, number):
            while progress.next < total:
                start = time.monotonic()
                stop = min(total, progress.next + each * number * block)
                # Whatever stops this leaves the summary as it was.
                for summary in compute(_tasks(spec, progress.next, stop, block)):
                    progress.summary.merge(summary)
                progress.next = stop
                progress.save_now_and_then()
                told(stop)
                each = _next(each, time.monotonic() - start)
    except BaseException as error:
        if progress.path is None:
            raise
        if not progress.next:
            progress.remove()
            raise
        progress.save()
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(progress.next, total, progress.path) from None
        raise
    return progress.summary


def _next(each: int, took: float) -> int:
    """Blocks for each worker next time, after so many took so long."""
    if took < MOMENT:
        return min(MOST, 2 * each)
    return max(FEWEST, each // 2) if took > 3 * MOMENT else each


def _tasks(spec: str, start: int, stop: int, block: int) -> list[Any]:
    """Blocks of scenarios, and some of them merged where they are worked out."""
    leaf, join = delayed(summarise, pure=False), delayed(merged, pure=False)
    leaves = [leaf(spec, first, min(stop, first + block)) for first in range(start, stop, block)]
    return [join(leaves[place : place + JOINED]) for place in range(0, len(leaves), JOINED)]


@contextmanager
def _computing(scheduler: str, workers: int) -> Iterator[tuple[Compute, int]]:
    """What computes tasks, and how many of them at a time."""
    if scheduler == THREADS:
        yield lambda tasks: list(computed(*tasks, scheduler=THREADS, num_workers=workers)), workers
    elif scheduler == PROCESSES:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, initializer=_leave_interrupts) as pool:
            try:
                yield lambda tasks: list(computed(*tasks, scheduler=PROCESSES, pool=pool, chunksize=1)), workers
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    else:
        with _cluster(scheduler) as client:
            number = sum(client.nthreads().values()) or 1
            yield lambda tasks: list(client.gather(client.compute(tasks))), number


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        sentence = message(
            "{argument} = {value} needs {package}: {how}",
            argument="--scheduler",
            value=repr(address),
            package="distributed",
            how="pip install 'llmcalc[sweep]'",
        )
        raise Refusal("--scheduler", address, "threads, processes, or distributed", reason=sentence) from None
    accepted = marked("threads, processes, or the address of a scheduler as tcp://host:8786")
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        sentence = message(
            "{argument} = {value} can't be reached: {reason}", argument="--scheduler", value=repr(address), reason=first
        )
        raise Refusal("--scheduler", address, accepted, reason=sentence) from None
    try:
        yield client
    finally:
        client.close()
