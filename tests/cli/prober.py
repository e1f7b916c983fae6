# SPDX-License-Identifier: EUPL-1.2
"""`lkdoctor serve` as a program that a test or a benchmark starts, asks and ends."""
import os
import pathlib
import re
import subprocess
import time
import urllib.request


class Prober:
    def __init__(self, binary, folder, own, *words):
        """Answers when this returns. `own`: text of lkdoctor.toml, `folder`: for that, the log and the history."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.own, self.log = self.folder / "lkdoctor.toml", self.folder / "log"
        self.own.write_text(own)
        self.words = [binary, "serve", "--config", self.own, "--state-dir", self.folder / "state", *words]
        self.start("127.0.0.1:0")

    def start(self, address):
        """Again, after an end."""
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([*map(str, self.words), "--web.listen-address", address], stderr=log,
                                            env={"PATH": os.environ["PATH"]})
        while not (found := re.search(r"listening on http://(\S+)/\n", self.said())):
            if self.process.poll() is not None:
                raise AssertionError(self.said())
            time.sleep(0.002)
        self.address = found[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def said(self):
        return self.log.read_text(errors="replace")

    def get(self, path, method="GET", timeout=30):
        request = urllib.request.Request(f"http://{self.address}{path}", method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.read().decode()

    def samples(self, family, **labels):
        """Value by target, of the samples with these labels too."""
        found = {}
        for line in self.get("/metrics").splitlines():
            if line.startswith(family + "{") and all(f'{name}="{value}"' in line for name, value in labels.items()):
                found[re.search(r'target="([^"]*)"', line)[1]] = float(line.rsplit(" ", 1)[1])
        return found

    def pids(self):
        """Of all its processes, the first one before its children."""
        found = [self.process.pid]
        for pid in found:
            try:
                for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    found.extend(map(int, (thread / "children").read_text().split()))
            except OSError:  # it has ended meanwhile
                continue
        return found
