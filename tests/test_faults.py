"""Faults of the machine are told in one line with their cause and their cure, and nothing is left behind."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bookbuild import faults, scratch
from bookbuild.site import staging
from tests.conftest import ROOT
from tests.test_build import digest, planned

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
FEW_LETTERS = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


def told(errors, name="book"):
    """Return the one line that a command said."""
    lines = [line for line in errors.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, errors
    assert lines[0].startswith(f"{name}: ")
    return lines[0]


def limited(checkout, kilobytes, *command):
    """Run a command that may write no file larger than a limit, as on a full disk."""
    script = f"ulimit -f {2 * kilobytes}; exec " + " ".join(command)  # blocks of 512 bytes
    return subprocess.run(
        ["sh", "-c", script], cwd=checkout.folder, env=checkout.environment, capture_output=True, encoding="utf-8"
    )


def test_a_full_disk_is_told(checkout):
    os.utime(checkout.formula)
    before = (checkout.site / "index.html").read_bytes(), checkout.executed.read_bytes()
    for kilobytes in (8, 200):  # the second is enough for the notebook, and not for the site
        run = limited(checkout, kilobytes, "make", "book")
        assert run.returncode != 0
        assert "no room is left to write" in told(run.stderr)
        assert "free some" in run.stderr
        assert before == ((checkout.site / "index.html").read_bytes(), checkout.executed.read_bytes())
        assert checkout.left_over() == []
        assert [path.name for path in checkout.executed.parent.iterdir() if path.name.startswith(".")] == []
    # With room it goes on, here in a terminal that knows few letters, which what it runs need not know.
    checkout.environment |= FEW_LETTERS
    os.utime(checkout.formula)
    status, output = checkout.make("book")
    assert status == 0, output
    assert output.isascii()


def test_a_full_disk_under_a_rerun_is_told(checkout):
    run = limited(checkout, 40, "make", "rerun", "NOTEBOOK=training-gpus", "PARAMS=days=10")
    assert run.returncode != 0
    assert "no room is left to write" in told(run.stderr, "rerun")
    assert checkout.left_over() == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_has_many_names(number):
    error = OSError(number, os.strerror(number), "some/file")
    assert (
        faults.explain(error) == "no room is left to write some/file; free some (df -h tells where), and run it again"
    )
    assert "no room is left" in faults.explain_log(f"OSError: [Errno {int(number)}] {os.strerror(number)}: 'x'")


def test_a_temporary_folder_that_takes_nothing_is_told():
    error = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert "no temporary folder can be written" in faults.explain(error)


def test_a_page_that_goes_while_it_is_read_is_told(tmp_path):
    page = ROOT / "book" / "gone.md"
    said = "book/gone.md went while it was read; if it is not missing, run make book again"
    assert faults.explain(FileNotFoundError(errno.ENOENT, "No such file", str(page))) == said
    assert faults.explain(shutil.Error([(str(page), str(tmp_path), "[Errno 2] No such file")])) == said


def test_faults_of_the_program_are_not_explained_away():
    for error in (ValueError("wrong"), KeyError("name"), FileNotFoundError(errno.ENOENT, "No such file", "x")):
        assert faults.explain(error) == ""
    assert faults.explain(ModuleNotFoundError("No module named 'llmcalc.nothing'", name="llmcalc.nothing")) == ""
    assert faults.explain_log("index.md:3: WARNING: unknown document: 'nowhere'") == ""


def test_a_partly_deleted_environment_is_told(monkeypatch, tmp_path):
    information = tmp_path / "example-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: example\nVersion: 1\n")
    (information / "RECORD").write_text("example/__init__.py,,\nexample/more.py,,\nexample/__pycache__/more.pyc,,\n")
    monkeypatch.setattr(faults, "_installed", lambda: [str(tmp_path)])
    said = (
        "the environment .venv lacks example/__init__.py and 1 more of its files; make it anew: rm -r .venv; make book"
    )
    assert faults.explain(AttributeError("module 'example' has no attribute 'read'")) == said
    assert faults.explain_log("AttributeError: module 'example' has no attribute 'read'") == said
    (tmp_path / "example").mkdir()
    (tmp_path / "example/__init__.py").touch()
    (tmp_path / "example/more.py").touch()
    assert faults.damage() == ""
    monkeypatch.setattr(faults, "NPM", tmp_path)
    assert "the environment .venv lacks node_modules/" in faults.damage()


def test_a_module_that_is_gone_is_named(checkout, tmp_path):
    (tmp_path / "papermill.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'papermill'\", name='papermill')"
    )
    checkout.environment["PYTHONPATH"] = f"{tmp_path}:{checkout.folder}"
    os.utime(checkout.formula)
    status, output = checkout.make("book")
    assert status != 0
    assert (
        told(output) == "book: the environment .venv lacks the module papermill; make it anew: rm -r .venv; make book"
    )
    status, output = checkout.make("rerun", "NOTEBOOK=training-gpus")
    assert "the environment .venv lacks the module papermill" in told(output, "rerun")


@pytest.fixture
def clone(tmp_path):
    """A folder with an environment, which can't be made anew."""
    folder = tmp_path / "a clone"
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copytree(ROOT / "bookbuild", folder / "bookbuild", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    python = folder / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho ran "$@"\n')
    python.chmod(0o755)
    (folder / ".venv/.installed").write_text(f"{folder}/.venv\n")
    return folder


def say(folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment["PYTHON3"] = "/nowhere/python3"
    environment["PATH"] = f"{folder / 'tools'}:/usr/bin:/bin"
    run = subprocess.run(
        ["make", "book"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return run.stdout


def hide_pythons(folder):
    """Let none of the names under which Python is looked for be one."""
    (folder / "tools").mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (folder / "tools" / name).write_text("#!/bin/sh\nexit 1\n")
        (folder / "tools" / name).chmod(0o755)


def test_an_environment_in_its_place_is_used(clone):
    hide_pythons(clone)
    assert "ran -m bookbuild book" in say(clone)
    (clone / ".venv/.installed").write_text("")  # by an older Makefile, which wrote no place
    assert "ran -m bookbuild book" in say(clone)


@pytest.mark.parametrize("fault", ["moved", "no Python", "nothing"])
def test_an_environment_of_no_use_is_made_anew(clone, fault):
    hide_pythons(clone)
    if fault == "moved":
        clone = clone.rename(clone.with_name("moved"))
    elif fault == "no Python":
        (clone / ".venv/bin/python").unlink()
        (clone / ".venv/bin/python").symlink_to("/nowhere/python3")
    else:
        (clone / ".venv/.installed").unlink()
    said = say(clone)
    assert "ran -m bookbuild book" not in said
    assert "book: no Python 3.11 or newer found" in said  # so it tried
    assert ("a clone/.venv, where its programs are looked for; it is made anew" in said) == (fault == "moved")


def test_an_environment_that_is_linked_is_not_emptied(clone, tmp_path):
    """It may be another copy's, and Python empties it before it finds that it can't make it there."""
    (clone / ".venv").rename(tmp_path / "elsewhere")
    (clone / ".venv").symlink_to(tmp_path / "elsewhere")
    (clone / ".venv/.installed").unlink()
    assert f"book: .venv is a link to {tmp_path / 'elsewhere'}, which these requirements do not match" in say(clone)
    assert (tmp_path / "elsewhere/bin/python").exists()


def test_a_long_temporary_folder_is_no_obstacle(checkout, tmp_path):
    long = tmp_path / ("t" * 100)
    long.mkdir()
    checkout.environment["TMPDIR"] = str(long)
    os.utime(checkout.formula)
    status, output = checkout.make("executed")
    assert status == 0, output
    assert list(long.iterdir()) == []


def test_without_a_folder_for_sockets_kernels_speak_over_ports(checkout):
    script = """
from bookbuild.run import execute, kernels
kernels.LONGEST_PATH = 0
kernels.use_warm_kernels()
assert kernels._sockets() is None
print(len(execute.execute("training-gpus").notebook.cells) > 10)
"""
    status, printed, errors = checkout.python("-c", script)
    assert (status, printed) == (0, "True\n"), errors


def test_a_terminal_that_knows_few_letters_gets_the_others_as_numbers(checkout):
    checkout.environment |= FEW_LETTERS
    status, output = checkout.make("rerun", "NOTEBOOK=training-gpus", "PARAMS=days=10")
    assert status == 0, output
    assert "3.15 \\xd7 10" in output
    assert output.isascii()


def serve(checkout, port):
    return checkout.python("-m", "bookbuild", "serve", PORT=port)


def test_a_port_in_use_is_told(built):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, errors = serve(built, str(port))
    assert status == 1
    assert told(errors, "serve") == f"serve: port {port} is in use; choose another: make serve PORT={port + 1}"


@pytest.mark.parametrize("port", ["", "http", "-1", "0", "65536", "８０００"])
def test_what_is_no_port_is_told(built, port):
    status, _, errors = serve(built, port)
    assert status == 1
    assert told(errors, "serve") == f"serve: PORT = {port!r} is not accepted: give a whole number from 1 to 65535"


def processes(folder):
    """Return the commands that run in a folder."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if os.readlink(f"{entry.path}/cwd").startswith(str(folder)):
                    found.append(entry.name)
            except OSError:
                continue
    return found


# A line of the output, seconds behind it, and how many signals come: a second one does not disturb the tidying up.
MOMENTS = [
    ("", 0.1, 1),
    ("", 0.6, 1),
    ("run", 0, 1),
    ("run", 0.3, 1),
    ("run", 1, 1),
    ("done", 0, 1),
    ("done", 0.7, 20),
    ("done", 2, 1),
    ("done", 4, 1),
]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are found in /proc")
@pytest.mark.parametrize(
    ("whom", "number"), [("all", number) for number in SIGNALS] + [("make", signal.SIGTERM), ("make", signal.SIGHUP)]
)
def test_a_signal_leaves_nothing_behind(checkout, tmp_path, number, whom):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    checkout.environment["TMPDIR"] = str(temporary)
    site = digest(checkout.site)
    thorough, unheard = (whom, number) == ("all", signal.SIGTERM), (whom, number) == ("make", signal.SIGHUP)
    # Make alone waits at that signal until the build is done, at whatever moment.
    for event, delay, times in MOMENTS if thorough else MOMENTS[6:7] if unheard else MOMENTS[3::3]:
        os.utime(checkout.formula)
        with checkout.start("make", "book") as making:
            printed = ""
            while event and f"  {event} " not in printed:
                printed += making.stdout.readline()
                assert making.poll() is None, printed
            time.sleep(delay)
            send(making.pid, number, whom, times if thorough else 1)
            printed += making.communicate()[0]
        moment = (event, delay, printed)
        assert "Traceback" not in printed, moment
        until = time.monotonic() + 10  # what Make does not wait for
        while (processes(checkout.folder) or checkout.left_over()) and time.monotonic() < until:
            time.sleep(0.1)
        assert processes(checkout.folder) == [], moment
        assert checkout.left_over() == [], moment
        assert [path.name for path in temporary.iterdir()] == [], moment
        assert [path for path in checkout.executed.parent.iterdir() if path.name.startswith(".")] == [], moment
        assert making.returncode or delay > 1, moment
        if making.returncode:
            assert digest(checkout.site) == site
        if making.returncode and not unheard:
            assert "site" in planned(checkout)


# A sweep in which another signal comes.
DISTURBED = """
import os, signal
from bookbuild import __main__ as command, scratch
swept = []
def sweep():
    swept.append(len(swept))
    os.kill(os.getpid(), [signal.SIGHUP, signal.SIGINT][len(swept) % 2])
scratch.sweep = sweep
command.end_at_signals("make book")
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_second_signal_does_not_disturb_the_tidying_up():
    run = subprocess.run([sys.executable, "-c", DISTURBED], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (130, "make book: interrupted\n")


def send(process, number, whom, times):
    """Send a signal to a group of processes, or to the one that leads it."""
    for _ in range(times):
        if whom == "all":
            os.killpg(process, number)
        else:
            os.kill(process, number)
        time.sleep(0.005)


def test_a_swap_that_fails_leaves_the_old_folder(monkeypatch, tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page").write_text(name)
    real = Path.rename

    def fails(path, target):
        if ".new." in path.name:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="Input/output error"):
        staging.replace(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "old/page").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_a_signal_waits_for_the_end_of_a_swap(tmp_path):
    """Between its steps there is no site; ending there would sweep the old one away, and the new one."""
    script = """
import os, signal, sys
from pathlib import Path
from bookbuild import __main__
from bookbuild.site import staging
__main__.end_at_signals("book")
real = Path.rename
def rename(path, target):
    done = real(path, target)
    os.kill(os.getpid(), signal.SIGTERM)
    return done
Path.rename = rename
staging.replace(Path(sys.argv[1], "old"), Path(sys.argv[1], "new"))
"""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page").write_text(name)
    run = subprocess.run([sys.executable, "-c", script, tmp_path], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (run.returncode, run.stderr) == (130, "book: interrupted\n")
    assert (tmp_path / "old/page").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_what_was_written_on_the_way_is_swept(tmp_path):
    with scratch.folder(tmp_path, "site-") as folder:
        (folder / "page").touch()
        with scratch.owned(tmp_path / "file") as file:
            file.touch()
            scratch.sweep()
            assert list(tmp_path.iterdir()) == []
