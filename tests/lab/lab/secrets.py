# SPDX-License-Identifier: EUPL-1.2
"""Looks for a deployment's secrets in everything the tool shows: plain, base64, hex, percent-encoded, in reverse."""
import base64
import hashlib
import hmac
import pathlib
import re
import threading
import urllib.parse


def forms(secret):
    raw = secret.encode()
    yield "plain", raw
    yield "reversed", raw[::-1]
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "percent-encoded", "".join(f"%{byte:02x}" for byte in raw).encode()
    yield "Percent-encoded", "".join(f"%{byte:02X}" for byte in raw).encode()
    quoted = urllib.parse.quote(secret, safe="").encode()
    if quoted != raw:
        yield "url-quoted", quoted
    for shift in range(3):
        # Inside a longer text a secret has one of three base64 forms; the ends mix with its neighbours.
        middle = base64.b64encode(b"\0" * shift + raw)[(0, 2, 3)[shift]:].rstrip(b"=")[:-1]
        yield f"base64 at {shift}", middle
        yield f"base64url at {shift}", middle.replace(b"+", b"-").replace(b"/", b"_")


def leaks(secrets, places):
    """places: {name: bytes}. One line for each secret seen, never the secret itself."""
    found = []
    for number, secret in enumerate(secrets, 1):
        for form, needle in forms(secret):
            found += [f"secret {number} ({form}) in {place}" for place, text in places.items() if needle in text]
    return sorted(set(found))


def seen_by_peers(wishes, logs):
    """`secrets_logged: [{file, pattern, hmac_sha1: KEY}]`: secrets that exist only during a run, from the logs of those
    who got them; with `hmac_sha1` the log has the name of which the secret is derived (TURN's REST credentials).
    Returns them, and what is wrong: where nothing was logged, a search proves nothing."""
    found, defects = set(), []
    for wish in wishes:
        words = set(re.findall(wish["pattern"], (logs / wish["file"]).read_text(errors="replace")))
        if not words:
            defects.append(f"{wish['file']} has nothing like {wish['pattern']}: no secret to search for")
        key = wish.get("hmac_sha1", "").encode()
        found |= {base64.b64encode(hmac.digest(key, word.encode(), hashlib.sha1)).decode() for word in words} if key else words
    return sorted(found), defects


class CommandLines(threading.Thread):
    """Collects every command line seen while a run lasts."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self._stop_now = set(), threading.Event()

    def run(self):
        while not self._stop_now.wait(0.01):
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue

    def stop(self):
        self._stop_now.set()
        self.join()
        return b"\n".join(sorted(self.seen))
