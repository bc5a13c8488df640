"""Supervision of a command, in a process of its own: nothing that it starts outlives its run.

Started as a script, with the seconds of grace and the command. Its standard input is held open by
kouka: at its end, which is also that of a kouka that was killed, the command and its descendants
are asked to end, and killed after the grace. It ends as the command does: with its exit code, or
with 128 and the number of the signal that killed it.

On Linux it adopts what the command leaves behind, so that a process that has made itself a daemon,
in a session of its own, is found too. Elsewhere only those of the command's own session are.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable

END, KILL = b"e", b"k"
"""Sent by kouka to have the command ended, or killed without grace."""
NOT_STARTED = 127
_LOOK_EVERY = 0.1
_SOON = 1.0
"""Seconds that descendants have which the command leaves behind."""
_KILLED_WITHIN = 5.0
"""Seconds in which killed processes end, but for those that wait for a disk."""
_PR_SET_CHILD_SUBREAPER = 36
"""Of prctl(2): descendants whose parent ends become children of this process."""


def main() -> int:
    """Run the command of the arguments, and return the exit code to end with."""
    grace, command = float(sys.argv[1]), sys.argv[2:]
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    _adopt()
    try:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, start_new_session=True, restore_signals=True,
            preexec_fn=_usual_signals,
        )  # fmt: skip
    except OSError as error:
        sys.stdout.write(f"{command[0]}: {error.strerror}\n")
        return NOT_STARTED
    asked_at, listening, wait = None, True, 0.002
    while process.poll() is None:
        wait = min(1.5 * wait, _LOOK_EVERY)
        said = None
        if listening:
            said = _listen(wait)
            listening = said != b""
        else:
            time.sleep(wait)
        if said is not None and asked_at is None:
            asked_at, wait = time.monotonic(), 0.002
            _signal(process.pid, signal.SIGTERM)
        if said == KILL or (asked_at is not None and time.monotonic() - asked_at > grace):
            _kill(process)
        _bury(process.pid)
    if _signal(process.pid, signal.SIGTERM):  # what it left behind
        _until_gone(process.pid, min(_SOON, grace))
        _kill(process)
    code = process.returncode
    return 128 - code if code < 0 else code


def _usual_signals() -> None:
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def _adopt() -> None:
    """Have orphaned descendants become children of this process, where the system can."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _listen(seconds: float) -> bytes | None:
    """Wait for a word of kouka's: empty at the end of its input, None where there is none."""
    ready, _, _ = select.select([0], [], [], seconds)
    return os.read(0, 1) if ready else None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command and its descendants, and those that these start meanwhile."""
    ends = time.monotonic() + _KILLED_WITHIN
    while _signal(process.pid, signal.SIGKILL) and time.monotonic() < ends:
        process.poll()
        _bury(process.pid)
        time.sleep(0.002)
    process.wait()


def _until_gone(group: int, seconds: float) -> None:
    """Wait until a group of processes and all descendants have ended, at most so long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and _signal(group, 0):
        _bury(group)
        time.sleep(0.01)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a group of processes and to all descendants; True where there are any."""
    found = False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        found = True
    for pid in _descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
            found = True
    return found


def _descendants(of: int) -> Iterable[int]:
    """The processes below one that have not ended; none where there is no /proc."""
    children = defaultdict(list)
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if entry.isdigit():
            # The name, in brackets, may hold anything.
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{entry}/stat", "rb") as file:
                    state, parent, *_ = file.read().rpartition(b")")[2].split()
                if state not in (b"Z", b"X"):
                    children[int(parent)].append(int(entry))
    found, look = [], [of]
    while look:
        below = children[look.pop()]
        found += below
        look += below
    return found


def _bury(command: int) -> None:
    """Take note of adopted processes that have ended, but for the command, which is waited for."""
    with contextlib.suppress(ChildProcessError, AttributeError):
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        while (ended := os.waitid(os.P_ALL, 0, options)) and ended.si_pid != command:
            os.waitpid(ended.si_pid, 0)


if __name__ == "__main__":
    sys.exit(main())
