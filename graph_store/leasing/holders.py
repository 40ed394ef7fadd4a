"""Processes as holders of leases: which one this is, and whether another one is known to be dead."""

import os
import socket
from functools import cache
from pathlib import Path
from uuid import getnode, uuid4

import psutil

from schema.ports import Holder


def this_process(command: str) -> Holder:
    """A holder of its own, each time; `command` is what the others are told, and must hold no secret."""
    host, machine, boot, room = _here()
    return Holder(uuid4().hex, host, machine, boot, room, os.getpid(), _started(os.getpid()) or "", command)


def is_known_dead(holder: Holder) -> bool:
    """Whether it was a process of this machine, and is gone; of other machines nothing is known."""
    host, machine, boot, room = _here()
    if (holder.host, holder.machine) != (host, machine):
        return False
    if holder.boot != boot:
        return True
    # A process of another container has a number that means another one here.
    return holder.room == room and _started(holder.process) not in {holder.started, None}


@cache
def _here() -> tuple[str, str, str, str]:
    """Host, machine, boot and room."""
    machine = _line_of("/etc/machine-id") or f"{getnode():012x}"
    return socket.gethostname(), machine, _line_of("/proc/sys/kernel/random/boot_id"), _room()


def _started(process: int) -> str | None:
    """When a process began, as the system counts; empty where there is none, or it has ended and nobody has asked how.

    None where there is one, and the system does not tell us more: those of other users may be hidden.
    """
    try:
        # In ticks since the machine was started: they stay the same when the clock is set.
        after_name = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return _told_start(process)
    return "" if after_name[0] in {"Z", "X"} else after_name[19]


def _told_start(process: int) -> str | None:
    try:
        found = psutil.Process(process)
        return "" if found.status() == psutil.STATUS_ZOMBIE else f"{found.create_time():.0f}"
    except psutil.Error:
        return None if _is_there(process) else ""


def _is_there(process: int) -> bool:
    if os.name != "posix":  # where a signal of 0 would end it
        return psutil.pid_exists(process)
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _room() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _line_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
