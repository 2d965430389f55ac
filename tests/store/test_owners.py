"""Whether the holder of a lease still lives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from store.owners import ends, is_dead, owner_name

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only /proc tells")


def test_who_runs_is_alive_and_who_ended_is_dead_even_before_it_is_waited_for() -> None:
    assert not is_dead(owner_name())
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    assert child.stdin is not None
    name = f"{socket.gethostname()}/{child.pid}/"
    assert not is_dead(name)
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet buried
    assert is_dead(name)
    child.wait()
    assert is_dead(name)


def test_a_pid_that_was_given_again_is_somebody_else() -> None:
    assert is_dead(f"{socket.gethostname()}/{os.getpid()}/1")


def test_a_process_of_another_machine_is_not_known_to_be_dead() -> None:
    assert not is_dead("elsewhere/1/1")
    assert not is_dead("no owner of ours")


RUNNING = ["R", "1", "1", "1", "0", "-1", "4194304"]
QUIET = "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"


@pytest.mark.parametrize(
    ("stat", "status", "dead"),
    [
        pytest.param(RUNNING, QUIET, False, id="running"),
        pytest.param(["Z", *RUNNING[1:]], QUIET, True, id="not yet buried"),
        pytest.param([*RUNNING[:6], str(4194304 | 4)], QUIET, True, id="being taken apart"),
        pytest.param(RUNNING, QUIET.replace("d:\t00000000000000", "d:\t00000000000001"), True, id="killed"),
        pytest.param(RUNNING, "SigPnd:\t0000000000000002\n", False, id="Ctrl-C is to be handled"),
        pytest.param([], "", False, id="nothing is told"),
    ],
)
def test_a_process_that_was_killed_is_dead_before_it_is_buried(
    stat: list[str], status: str, dead: bool
) -> None:
    assert ends(stat, status) is dead
