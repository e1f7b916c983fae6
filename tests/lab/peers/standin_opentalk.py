# SPDX-License-Identifier: EUPL-1.2
"""Answers below /livekit as OpenTalk's own signalling proxies do while no meeting runs.

    python3 standin_opentalk.py MODE PORT CONTROLLER_TOML

MODE: controller-0.29 (no proxy yet: 404), controller-0.32 (old proxy: refuses with 403 and an empty body, checks the
signature, knows no validate), controller-0.34 (internal roomserver: 401 JSON, leaves the signature to LiveKit), roomserver
(the same in a process of its own; asks for the upgrade first; validate is POST only).
"""
import base64
import hashlib
import hmac
import http.server
import json
import re
import socketserver
import sys
import tomllib
import urllib.parse

ROOM = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JOIN = ("/livekit/rtc", "/livekit/rtc/v1")
VALIDATE = ("/livekit/rtc/validate", "/livekit/rtc/v1/validate")


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims_of(token):
    """The claims of something that looks like a JWT, else None."""
    try:
        header, payload, _ = token.split(".")
        json.loads(decoded(header))
        return json.loads(decoded(payload))
    except ValueError:
        return None


def signed_with(token, secret):
    head, _, signature = token.rpartition(".")
    expected = hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest()
    try:
        return hmac.compare_digest(decoded(signature), expected)
    except ValueError:
        return False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mode, secret = "", ""

    def answer(self, status, body=b"", kind="application/json", **headers):
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, message):
        self.answer(status, json.dumps({"code": code, "message": message}).encode())

    def token(self):
        header = self.headers.get("Authorization", "")
        if header.startswith("Bearer "):
            return header.removeprefix("Bearer ")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        return query.get("access_token", [None])[0]

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urllib.parse.urlsplit(self.path).path
        if self.mode == "controller-0.29":
            self.error(404, "not_found", "Not found")
        elif path in JOIN:
            (self.old_proxy if self.mode == "controller-0.32" else self.roomserver)()
        elif path in VALIDATE and self.mode != "controller-0.32":
            self.validate()
        else:
            self.error(404, "not_found", "Not found")

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def old_proxy(self):
        """Controller 0.31.4 to 0.33: one refusal for everything that is not a participant of a running meeting."""
        token = self.token()
        claims = claims_of(token) if token else None
        if claims is None or not signed_with(token, self.secret):
            self.answer(403)
        elif not ROOM.match(claims.get("video", {}).get("room", "")):
            self.answer(400)
        else:
            self.answer(403)

    def roomserver(self):
        """Controller >= 0.34 and the roomserver: who are you, is that a token, is that a room, is it there."""
        if self.mode == "roomserver" and self.headers.get("Upgrade", "").lower() != "websocket":
            return self.answer(400, b"Connection header did not include 'upgrade'", "text/plain; charset=utf-8")
        token = self.token()
        if token is None:
            return self.error(401, "unauthorized", "Authentication failed")
        claims = claims_of(token)
        if claims is None:
            return self.error(400, "bad_request", "Invalid access token")
        if not ROOM.match(claims.get("video", {}).get("room", "")):
            return self.error(400, "bad_request", "Invalid room")
        return self.error(404, "not_found", "Room not found")

    def validate(self):
        if self.mode == "roomserver" and self.command != "POST":
            return self.answer(405, Allow="POST")
        return self.error(401, "unauthorized", "Authentication failed")

    def log_message(self, *words):
        sys.stderr.write("%s %s\n" % (self.path.split("?")[0], words[1:]))


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    address_family = socketserver.socket.AF_INET6


def main():
    mode, port, settings = sys.argv[1:]
    with open(settings, "rb") as file:
        tables = tomllib.load(file)
    livekit = tables.get("livekit") or tables["roomserver"]["modules"]["livekit"]
    Handler.mode, Handler.secret = mode, livekit["api_secret"]
    Server(("::", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
