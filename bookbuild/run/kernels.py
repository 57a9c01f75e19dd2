"""Kernels that start warm.

Starting a kernel costs over a second, most of it spent importing the same libraries.
Here the standard library's fork server imports them once, and every notebook's kernel
is a fork of it: a fresh process, without any state of another notebook.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from functools import cache
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from bookbuild import scratch

PRELOADED = "bookbuild.run.preloaded"
PROVISIONER = "forked-provisioner"

# Forking without exec is unsafe on macOS, where system libraries start threads of their own.
AVAILABLE = sys.platform == "linux"


# What a path of a socket may have [byte], on Linux and macOS alike, and what stands in it behind the temporary folder.
LONGEST_PATH = 103
BELOW_TEMPORARY = "/kernels-12345678/tmp12345678/socket-5"


@cache
def _sockets() -> Path | None:
    """Return a folder for sockets, or nothing if no temporary folder has a path that is short enough for them."""
    for parent in (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp"):
        fits = parent and len(os.fsencode(parent + BELOW_TEMPORARY)) <= LONGEST_PATH
        if parent and fits and os.access(parent, os.W_OK | os.X_OK):
            return scratch.for_this_process(Path(parent), "kernels-")
    return None


def use_warm_kernels() -> None:
    """Let every kernel that this process starts be a fork of a warm one, where that is safe."""
    sockets = _sockets() if AVAILABLE else None  # once, before kernels start side by side
    if sockets:
        # The fork server listens there, too, rather than in a temporary folder of whatever length.
        multiprocessing.current_process()._config["tempdir"] = str(sockets)  # type: ignore[attr-defined]
        multiprocessing.set_forkserver_preload([PRELOADED])
        os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = PROVISIONER
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else the debugger, which nobody uses, tells of its doubts
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        # It starts to import at once, and leaves an interrupt to this process.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        forkserver.ensure_running()
        signal.signal(signal.SIGINT, handler)


def _run_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from ipykernel.kernelapp import IPKernelApp

    threading.Thread(target=_end_with_parent, daemon=True).start()
    IPKernelApp.launch_instance(argv=arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)


class ForkedProvisioner(KernelProvisionerBase):
    """Life cycle of a kernel that the fork server started."""

    process: BaseProcess | None = None

    @property
    def has_process(self) -> bool:
        return self.process is not None

    async def poll(self) -> int | None:
        return self.process.exitcode if self.process else 0

    async def wait(self) -> int | None:
        while self.process and self.process.is_alive():
            await asyncio.sleep(0.02)
        return await self.poll()

    async def send_signal(self, signum: int) -> None:
        if self.process and self.process.pid and self.process.is_alive():
            os.kill(self.process.pid, signum)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def cleanup(self, restart: bool = False) -> None:
        if self.process:
            self.process.join()
            self.process = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager: Any = self.parent
        # Sockets in the file system: several kernels that start at once would contend for ports.
        folder = tempfile.mkdtemp(dir=_sockets())
        manager.transport = "ipc"
        manager.ip = os.path.join(folder, "socket")
        manager.connection_file = os.path.join(folder, "connection.json")
        manager.write_connection_file()
        return await super().pre_launch(cmd=["-f", manager.connection_file, "--log-level=CRITICAL"], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        process = multiprocessing.get_context("forkserver").Process(
            target=_run_kernel, args=(cmd, kwargs["env"], kwargs.get("cwd") or os.getcwd()), daemon=True
        )
        process.start()
        self.process = process
        manager: Any = self.parent
        info: KernelConnectionInfo = manager.get_connection_info()
        return info
