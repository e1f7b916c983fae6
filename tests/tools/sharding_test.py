#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A real Prometheus divides 1,000 targets among 20 probers as packaging/prometheus/sharded.example.yaml says. One stand-in
is all probers at once: it is the proxy through which Prometheus asks them."""
import asyncio
import collections
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

import yaml

EXAMPLE = pathlib.Path(__file__).resolve().parent.parent.parent / "packaging/prometheus/sharded.example.yaml"
TARGETS = [f"lk {number}.example" for number in range(1000)]  # a blank is allowed in a name
PROBERS = 20


def answer(url, asked):
    if url.path == "/sd":
        groups = [{"targets": [name], "labels": {"__param_module": "asked"}} for name in TARGETS]
        return "application/json", json.dumps(groups)
    if url.path == "/probe":
        query = dict(urllib.parse.parse_qsl(url.query))
        asked[query["target"], query["module"]].add(url.netloc)
        return "text/plain; version=0.0.4", "probe_success 1\n"
    return "text/plain; version=0.0.4", "lkdoctor_build_info 1\n"


class Probers:
    """An HTTP proxy that answers by itself, on a thread of its own. `asked`: probers by target and module."""

    def __init__(self):
        self.asked = collections.defaultdict(set)
        self.loop = asyncio.new_event_loop()
        starting = asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024)
        self.server = self.loop.run_until_complete(starting)
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    async def serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                kind, body = answer(urllib.parse.urlsplit(head.split()[1].decode()), self.asked)
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                await writer.drain()
        writer.close()

    async def end(self):
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def quickened(proxy):
    """The example, faster, without rules, and through the stand-in."""
    page = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    page["global"] = {"scrape_interval": "15s", "scrape_timeout": "15s"}
    del page["rule_files"]
    for job in page["scrape_configs"]:
        for one in [job, *job.get("http_sd_configs", [])]:
            one["proxy_url"] = proxy
    return yaml.safe_dump(page)


@unittest.skipUnless(shutil.which("prometheus"), "no prometheus here")
class Sharding(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.probers = Probers()
        self.addCleanup(self.probers.stop)
        config = pathlib.Path(folder.name) / "prometheus.yaml"
        config.write_text(quickened(f"http://127.0.0.1:{self.probers.port}"), encoding="utf-8")
        self.port = free_port()
        self.log = open(pathlib.Path(folder.name) / "log", "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder.name}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)
        self.addCleanup(prometheus.wait)
        self.addCleanup(prometheus.terminate)

    def asks(self, expression):
        query = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return []

    def waits_for(self, expression, series):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            found = self.asks(expression)
            if len(found) == series:
                return found
            time.sleep(0.5)
        self.log.seek(0)
        self.fail(f"{expression}: {len(self.asks(expression))} series, not {series}\n{self.log.read()[-2000:]}")

    def test_every_target_has_one_prober_and_every_prober_its_share(self):
        found = self.waits_for("probe_success", len(TARGETS))
        self.waits_for("lkdoctor_build_info", PROBERS)
        asked = dict(self.probers.asked)
        self.assertEqual(sorted(asked), sorted((name, "asked") for name in TARGETS))
        self.assertEqual([probers for probers in asked.values() if len(probers) != 1], [])
        where = {one["metric"]["target"]: one["metric"]["instance"] for one in found}
        self.assertEqual(where, {target: min(probers) for (target, _), probers in asked.items()})
        shares = collections.Counter(where.values())
        self.assertEqual(sorted(shares), [f"probe-{number:02}.example.org:17880" for number in range(PROBERS)])
        share = len(TARGETS) / PROBERS
        self.assertTrue(all(share / 2 < one < share * 2 for one in shares.values()), shares)


if __name__ == "__main__":
    unittest.main()
