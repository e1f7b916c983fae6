#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The status page of `lkdoctor serve` in headless Chromium: what it says, that it renews itself, that everybody can use it.

    tests/e2e/page_test.py LKDOCTOR                    exit status 77: no Chromium or no driver here
    tests/e2e/page_test.py LKDOCTOR --pictures FOLDER  takes the pictures of the documentation instead

`tools/test` installs the driver and axe-core, `tools/packages-test` names Chromium.
"""
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from prober import Prober, wait_for  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
TOOLS = pathlib.Path(subprocess.run([ROOT / "tools/python-tool", "--where"], capture_output=True, text=True).stdout.strip(), "bin/python3")

try:
    import axe_playwright_python
    from playwright.sync_api import sync_playwright
except ImportError:
    if TOOLS.exists() and sys.executable != str(TOOLS):
        os.execv(TOOLS, [str(TOOLS), *sys.argv])
    print("skipped: no browser's driver is installed (tools/python-tool)")
    sys.exit(77)

AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
OWN = """
[module.fast]
"names,tls,http,config,signalling" = "2s"
[defaults]
third_party = "none"
module = "fast"
[[target]]
name = "lk01"
public_url = "http://127.0.0.1:%d"
[[target]]
name = "lk02"
public_url = "http://127.0.0.1:9"
"""
# What is stored of each page, for a target with everything that a page can show.
INCIDENT = "/t/lk01/incident/1795291215000"
SAMPLES = {"/": "page-overview.html", "/t/lk01": "page-target.html", INCIDENT: "page-incident.html"}
SAMPLE_HOST = "http://sample.invalid"
REACHABLE = "main a[href], header a[href], footer a[href], summary, pre[tabindex]"


class WebServer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"some other web server")

    def log_message(self, *_):
        pass


class Target:
    """A port that refuses connections until a web server that is no LiveKit listens at it."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), WebServer, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = self.socket
        self.server.handle_error = lambda *_: None  # who asks may leave before the answer

    def listen(self):
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def launched(driver):
    """Debian's Chromium, which asks nobody outside this machine."""
    return driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])


def serve_samples(context):
    """Answers with the stored pages in place of a server."""

    def answer(route):
        path = route.request.url.removeprefix(SAMPLE_HOST)
        if path in SAMPLES:
            route.fulfill(path=ROOT / "tests/golden" / SAMPLES[path], content_type="text/html; charset=utf-8")
        elif path in ("/style.css", "/live.js"):
            route.fulfill(path=ROOT / "src/serve/page" / path[1:])
        else:
            route.abort()

    context.route(SAMPLE_HOST + "/**", answer)


class InBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = cls.enterClassContext(sync_playwright())
        cls.browser = launched(cls.driver)
        cls.addClassCleanup(cls.browser.close)

    def context(self, **how):
        context = self.browser.new_context(**how)
        self.addCleanup(context.close)
        return context

    def find_faults(self, page):
        """What axe-core finds, with everything unfolded: "rule: element"."""
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, { rules: { 'target-size': { enabled: true } } })")
        self.assertGreater(len(found["passes"]), 10)
        return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]

    def assert_fits_a_narrow_screen(self, page):
        page.set_viewport_size({"width": 320, "height": 640})
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 320, page.url)

    def reached_by_tab(self, page):
        """Every element at which the Tab key stops, in order; each must be marked as the one in focus."""
        seen = []
        while True:
            page.keyboard.press("Tab")
            one = page.evaluate("""() => {
              const one = document.activeElement;
              if (one === document.body) return null;
              return [one.outerHTML, getComputedStyle(one).outlineStyle];
            }""")
            if one is None or one[0] in seen[:1]:
                return seen
            self.assertNotEqual(one[1], "none", one[0])
            seen.append(one[0])


class Stored(InBrowser):
    """The pages with everything that can be on them."""

    def open(self, path, **how):
        context = self.context(**how)
        serve_samples(context)
        page = context.new_page()
        page.goto(SAMPLE_HOST + path)
        return page

    def test_axe_finds_nothing_in_light_and_dark(self):
        for path in SAMPLES:
            for scheme in ("light", "dark"):
                with self.subTest(path, scheme=scheme):
                    self.assertEqual(self.find_faults(self.open(path, color_scheme=scheme)), [])

    def test_nothing_is_wider_than_a_narrow_screen(self):
        for path in SAMPLES:
            with self.subTest(path):
                self.assert_fits_a_narrow_screen(self.open(path))

    def test_every_link_is_reached_by_the_keyboard(self):
        for path in SAMPLES:
            with self.subTest(path):
                page = self.open(path)
                wanted = page.evaluate(f"[...document.querySelectorAll('{REACHABLE}')].filter((one) => one.checkVisibility()).map((one) => one.outerHTML)")
                reached = self.reached_by_tab(page)
                self.assertIn("Skip to the verdict", reached[0])
                self.assertEqual([one for one in wanted if one not in reached], [])

    def test_the_first_link_leads_past_the_head_of_the_page(self):
        page = self.open("/t/lk01")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        self.assertEqual(page.evaluate("document.activeElement.id"), "main")

    def test_an_incident_is_printed_in_black_on_white_without_what_leads_elsewhere(self):
        page = self.open(INCIDENT, color_scheme="dark")
        page.emulate_media(media="print")
        shown = page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
        self.assertEqual(shown, ["rgb(255, 255, 255)", "rgb(0, 0, 0)"])
        self.assertFalse(page.locator("nav").is_visible())
        self.assertFalse(page.locator(".skip").is_visible())
        self.assertTrue(page.pdf().startswith(b"%PDF-"))


class Running(InBrowser):
    """`lkdoctor serve` with two targets at which nothing listens."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.target = Target()
        self.addCleanup(self.target.socket.close)
        self.prober = self.enterContext(Prober(LKDOCTOR, folder, OWN % self.target.port))
        self.base = f"http://{self.prober.address}"
        wait_for(lambda: all(one["verdict"] == "broken" for one in self.get("/api/v1/targets")), 40)
        self.complaints, self.asked = [], []

    def get(self, path):
        return json.loads(self.prober.get(path, timeout=20))

    def title(self):
        """Of the root cause, as the report has it."""
        return self.get("/api/v1/report?target=lk01")["diagnoses"][0]["title"]

    def open(self, path, **how):
        page = self.context(**how).new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(self.base + path)
        return page

    def incident(self):
        page = self.open("/t/lk01")
        return page.locator(".incidents a").first.get_attribute("href")

    def assert_quiet(self):
        """No complaint in the console, also none of the content security policy; and nothing was asked of others."""
        self.assertEqual(self.complaints, [])
        self.assertEqual([url for url in self.asked if not url.startswith((self.base + "/", "data:,"))], [])

    def test_verdict_and_cause_are_shown_with_and_without_javascript(self):
        for scripts in (True, False):
            for path in ("/", "/t/lk01", self.incident()):
                with self.subTest(path, scripts=scripts):
                    text = self.open(path, java_script_enabled=scripts).locator("main").inner_text()
                    self.assertIn("✗ broken", text)
                    self.assertIn(self.title(), text)
        self.assert_quiet()

    def test_a_change_is_shown_and_told_without_loading_the_page_again(self):
        former = self.title()
        page = self.open("/t/lk01")
        page.locator("#all-checks summary").click()
        page.locator("nav a").focus()
        page.evaluate("window.since = 'then'")
        self.target.listen()
        wait_for(lambda: self.title() != former, 40)
        page.get_by_role("heading", name=self.title()).wait_for()
        self.assertNotIn(former, page.locator("article").first.inner_text())
        page.locator("[role=status]", has_text=self.title()).wait_for()
        self.assertEqual(page.evaluate("window.since"), "then")
        self.assertTrue(page.locator("#all-checks").evaluate("(one) => one.open"))
        self.assertEqual(page.evaluate("document.activeElement.textContent"), "All targets")
        self.assert_quiet()

    def test_axe_finds_nothing(self):
        for path in ("/", "/t/lk01", self.incident()):
            with self.subTest(path):
                page = self.open(path)
                self.assertEqual(self.find_faults(page), [])
                self.assert_fits_a_narrow_screen(page)


def take_pictures(folder):
    pictures = [("status-page-light", "/t/lk01", "light", 1280), ("status-page-dark", "/t/lk01", "dark", 1280), ("incident", INCIDENT, "light", 700)]
    with sync_playwright() as driver:
        browser = launched(driver)
        for name, path, scheme, height in pictures:
            context = browser.new_context(color_scheme=scheme, viewport={"width": 1000, "height": height})
            serve_samples(context)
            page = context.new_page()
            page.goto(SAMPLE_HOST + path)
            page.screenshot(path=folder / f"{name}.png")
        browser.close()


LKDOCTOR = str(pathlib.Path(sys.argv.pop(1)).resolve())
if __name__ == "__main__":
    if not pathlib.Path(CHROMIUM).exists():
        print(f"skipped: no {CHROMIUM}")
        sys.exit(77)
    if sys.argv[1:2] == ["--pictures"]:
        take_pictures(pathlib.Path(sys.argv[2]))
    else:
        unittest.main()
