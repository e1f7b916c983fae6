# SPDX-License-Identifier: EUPL-1.2
"""`lkdoctor serve` as a program that a test or a benchmark starts, asks and ends."""
import os
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request


def get(url, method="GET", headers=None, timeout=20):
    """Status and text of the answer, whichever it is."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers or {}), timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(what, patience=30, pause=0.05):
    """What `what()` gives as soon as that is something."""
    end = time.monotonic() + patience
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"nothing came of {what.__name__} in {patience} s")
        time.sleep(pause)


def listening(process, log):
    """ADDRESS:PORT where the process answers, as its log says; None: it does not yet."""
    said = pathlib.Path(log).read_text(errors="replace")
    found = re.search(r"listening on http://(\S+)/\n", said)
    if not found and process.poll() is not None:
        raise AssertionError(said)
    return found and found[1]


def sample(base, name):
    """The value of a sample at this URL as text; None: it is not there."""
    for line in get(base + "/metrics")[1].splitlines():
        if line.rsplit(" ", 1)[0] == name:
            return line.rsplit(" ", 1)[1]
    return None


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
        self.address = wait_for(lambda: listening(self.process, self.log), 120, pause=0.002)

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
