#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""hostile.py HOST FIRST LAST: somebody on the client's way to a responder who has no key and hears everything. Repeats what
goes by as it is, forged, cut off and with more behind, and makes up the rest; without end. An answer to any of it ends it: 1."""
import os
import random
import select
import socket
import sys
import time

MAGIC = b"\xf4LKD"
OWN_PORT, GREETING, PACKET_OUTGOING, ETH_P_ALL = 17881, 160, 4, 3
AT_ONCE, PAUSE = 20, 0.005  # 4,000 a second beside what is repeated: the machine has other work


def forged(heard):
    kind = random.randrange(4)
    if kind == 0:
        return heard
    if kind == 1:
        return heard[:-1] + bytes([heard[-1] ^ random.randrange(1, 256)])
    if kind == 2:
        return heard[:random.randrange(len(heard))]
    return heard + os.urandom(random.randrange(1, 1200))


def made_up():
    return MAGIC + bytes([1, random.choice((1, 3, 5, 7, 9))]) + os.urandom(GREETING - 6)


def heard_on(tap):
    """Port and payload of what leaves for a responder."""
    while True:
        try:
            packet, place = tap.recvfrom(65536)
        except BlockingIOError:
            return
        start = (packet[0] & 15) * 4 + 8
        if place[2] == PACKET_OUTGOING and packet[0] >> 4 == 4 and packet[start:start + 4] == MAGIC:
            yield int.from_bytes(packet[start - 6:start - 4], "big"), packet[start:]


def main(host, first, last):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    tap.setblocking(False)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setblocking(False)
    own = set()
    while True:
        shots = [(random.choice((OWN_PORT, random.randint(first, last))), made_up()) for _ in range(AT_ONCE)]
        shots += [(port, forged(heard)) for port, heard in heard_on(tap) if heard not in own]
        own = {payload for _, payload in shots}  # what it sent itself goes by, too
        for port, payload in shots:
            try:
                out.sendto(payload, (host, port))
            except OSError:
                pass
        if select.select([out], [], [], 0)[0]:
            try:
                print("answered:", out.recv(2048).hex(), flush=True)
                return 1
            except OSError:
                pass  # a port that is closed
        time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
