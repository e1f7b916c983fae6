# SPDX-License-Identifier: EUPL-1.2
"""Runs a program whose clock is off: python3 clock.py SECONDS COMMAND…

Go programs ask the kernel's vDSO for the time, not libc, so that a preloaded library cannot mislead them. This one
stops the program at its start, puts its own clock_gettime, gettimeofday and time into the program's private copy of the
vDSO (the real call, then the offset is added for CLOCK_REALTIME), and lets it go. Works for libc programs as well.
"""
import ctypes
import os
import signal
import struct
import sys

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_TRACEME, _DETACH = 0, 17
_SYSCALL_RET = {"__vdso_clock_gettime": b"\xb8\xe4\x00\x00\x00\x0f\x05\x85\xff\x75\x07\x48\x81\x06%s\xc3",
                "__vdso_gettimeofday": b"\xb8\x60\x00\x00\x00\x0f\x05\x48\x85\xff\x74\x07\x48\x81\x07%s\xc3",
                "__vdso_time": b"\xb8\xc9\x00\x00\x00\x0f\x05\x48\x05%s\x48\x85\xff\x74\x03\x48\x89\x07\xc3"}


def _symbols(image):
    """Dynamic symbols of a 64-bit ELF image, by name: value."""
    sections, size, count = struct.unpack_from("<Q", image, 40)[0], *struct.unpack_from("<HH", image, 58)
    table = [struct.unpack_from("<IIQQQQIIQQ", image, sections + index * size) for index in range(count)]
    for _, kind, _, _, offset, length, link, _, _, entry in table:
        if kind != 11:  # SHT_DYNSYM
            continue
        strings = table[link][4]
        for at in range(offset, offset + length, entry):
            name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", image, at)
            yield image[strings + name:image.index(b"\0", strings + name)].decode(), value


def _shift(child, seconds):
    with open(f"/proc/{child}/maps") as maps:
        line = next(line for line in maps if "[vdso]" in line)
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    with open(f"/proc/{child}/mem", "r+b", buffering=0) as memory:
        memory.seek(start)
        image = memory.read(end - start)
        for name, value in _symbols(image):
            if name in _SYSCALL_RET:
                memory.seek(start + value)
                memory.write(_SYSCALL_RET[name] % struct.pack("<i", seconds))


def main():
    seconds, command = int(sys.argv[1]), sys.argv[2:]
    child = os.fork()
    if child == 0:
        _libc.ptrace(_TRACEME, 0, None, None)
        os.execvp(command[0], command)
    os.waitpid(child, 0)
    _shift(child, seconds)
    _libc.ptrace(_DETACH, child, None, None)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: os.kill(child, got))
    status = os.waitpid(child, 0)[1]
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main()
