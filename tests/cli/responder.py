# SPDX-License-Identifier: EUPL-1.2
"""`lkdoctor respond` as a program that a test starts and ends."""
import json
import os
import random
import signal
import socket
import subprocess
import sys

BINARY = os.path.abspath(sys.argv.pop(1) if len(sys.argv) > 1 else "build/quick/lkdoctor")
ALONE = os.path.join(os.path.dirname(BINARY), "lkdoctor-respond")


def free_range(size):
    """Ports that nobody has now, one after the other; at random, since others look for some at the same time. Not those
    that clients greet without a file: they belong to other tests."""
    for first in random.sample([*range(10000, 20000 - size), *range(25001, 32000 - size)], 50):
        held = []
        try:
            for port in range(first, first + size):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    one = socket.socket(socket.AF_INET, kind)
                    held.append(one)
                    one.bind(("127.0.0.1", port))
            return first, first + size - 1
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
    raise AssertionError("no free ports")


class Responder:
    def __init__(self, folder, *words, program=(BINARY, "respond"), before=None):
        self.process = subprocess.Popen([*program, "--format", "json", *words], cwd=folder, text=True, preexec_fn=before,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)})
        first = self.process.stdout.readline()
        self.ready = json.loads(first) if first else None

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=10)
        self.process.stdout.close()
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err
