"""Supervision of a command, in a process of its own: nothing that it starts outlives its run.

Started as a script, with the seconds of grace and the command. Its standard input is held open by
kouka: at its end, which is also that of a kouka that was killed, the command and its children are
asked to end, and killed after the grace. It ends as the command does: with its exit code, or with
128 and the number of the signal that killed it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

END, KILL = b"e", b"k"
"""Sent by kouka to have the command ended, or killed without grace."""
NOT_STARTED = 127
_LOOK_EVERY = 0.1
_SOON = 1.0
"""Seconds that children have which the command leaves behind."""


def main() -> int:
    """Run the command of the arguments, and return the exit code to end with."""
    grace, command = float(sys.argv[1]), sys.argv[2:]
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
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
            _signal(process.pid, signal.SIGKILL)
            process.wait()
    if _signal(process.pid, signal.SIGTERM):  # children that it left behind
        ends = time.monotonic() + min(_SOON, grace)
        while time.monotonic() < ends and _signal(process.pid, 0):
            time.sleep(0.01)
        _signal(process.pid, signal.SIGKILL)
    code = process.returncode
    return 128 - code if code < 0 else code


def _usual_signals() -> None:
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def _listen(seconds: float) -> bytes | None:
    """Wait for a word of kouka's: empty at the end of its input, None where there is none."""
    ready, _, _ = select.select([0], [], [], seconds)
    return os.read(0, 1) if ready else None


def _signal(group: int, number: int) -> bool:
    """Send a signal to a group of processes; True where there still is one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
