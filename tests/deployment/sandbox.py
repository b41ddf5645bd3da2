"""`python sandbox.py UNIT COMMAND…`: what systemd takes from the processes of this unit, taken from the command.

Of a unit's settings the ones that may break a program at work: its system calls, the families of addresses, executable
memory, open files and the mask of new files. systemd itself need not run; its library for system calls is used.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
EQUAL = 4
PR_SET_MDWE, PR_GET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 66, 1
LIBRARY = "libseccomp.so.2"


class Compared(ctypes.Structure):
    """`struct scmp_arg_cmp`: an argument of a system call, and what it must be."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


def values_of(unit: str, name: str) -> list[str]:
    """What the unit says of a setting, line by line."""
    return [line.partition("=")[2] for line in unit.splitlines() if line.startswith(f"{name}=")]


def calls_in(group: str) -> set[str]:
    """The system calls of a group, `@name`, and of those in it; of a call itself, that one."""
    if not group.startswith("@"):
        return {group}
    command = ["systemd-analyze", "syscall-filter", group]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    names = [line.strip() for line in said if line.strip() and not line.strip().startswith("#")]
    return {call for name in names for call in calls_in(name)}


def allowed_by(unit: str) -> set[str]:
    """The system calls that are left; some are always (systemd.exec)."""
    allowed = calls_in("@default")
    for line in values_of(unit, "SystemCallFilter"):
        calls = {call for group in line.lstrip("~").split() for call in calls_in(group)}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def take_calls(unit: str) -> None:
    """Let this process, and what it starts, make no other system calls."""
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))
    families = [getattr(socket, name) for line in values_of(unit, "RestrictAddressFamilies") for name in line.split()]
    conditions = {"socket": [(Compared * 1)(Compared(0, EQUAL, family, 0)) for family in families]}
    for call in allowed_by(unit):
        number = library.seccomp_syscall_resolve_name(call.encode())
        for condition in conditions.get(call, [None]):
            library.seccomp_rule_add_array(rules, ctypes.c_uint32(ALLOW), number, 1 if condition else 0, condition)
    if library.seccomp_load(rules):
        sys.exit("The system takes no filter of system calls.")


def knows_of_executable_memory() -> bool:
    """Whether the system can keep memory from becoming executable (Linux 6.3)."""
    return int(ctypes.CDLL(None).prctl(PR_GET_MDWE, 0, 0, 0, 0)) >= 0


def take_executable_memory() -> None:
    """Let no memory become executable, where the system knows how."""
    ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)


def main() -> None:
    unit = Path(sys.argv[1]).read_text()
    (files,), (mask,) = values_of(unit, "LimitNOFILE"), values_of(unit, "UMask")
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(files), int(files)))
    os.umask(int(mask, 8))
    take_executable_memory()
    take_calls(unit)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
