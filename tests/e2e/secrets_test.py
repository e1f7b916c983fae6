#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""No secret in any output: runs every command with canary secrets against a server that echoes what it is sent, and
searches standard output, standard error, written files and the command lines of all processes, in every encoding."""
import base64
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

CANARY = "canary-5eCr3t-Zq8vW1xY7kLm0pQ2rS4tU6"
CREDENTIALS = "canary-proxy-password-77f1"
KEY = "probe-key"


def base64_cores(raw):
    """What of a base64 text depends on the secret alone, at each alignment."""
    for alignment in range(3):
        text = base64.b64encode(b"\0" * alignment + raw).decode()
        core = text[alignment + (1 if alignment else 0):].rstrip("=")[:-1]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def needles(secret):
    raw = secret.encode()
    plain = {secret, raw.hex(), raw.hex().upper(), urllib.parse.quote(secret, safe=""), secret[::-1]}
    plain |= {"".join(f"%{byte:02x}" for byte in raw), "".join(f"%{byte:02X}" for byte in raw)}
    return plain | set(base64_cores(raw))


class Echo(http.server.BaseHTTPRequestHandler):
    """Says back every header and the target, as old LiveKit servers do with tokens."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = f"invalid token: {self.headers.get('Authorization')} {self.path} {self.rfile.read(length)!r}".encode()
        self.send_response(401)
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-Echo", str(self.headers.get("Authorization")))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *_):
        pass


def family_of(pid):
    """Command lines of a process and everything below it."""
    todo, lines = [pid], []
    while todo:
        current = todo.pop()
        try:
            lines.append(pathlib.Path(f"/proc/{current}/cmdline").read_bytes())
            for task in pathlib.Path(f"/proc/{current}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ValueError):
            continue
    return b"\n".join(lines)


def run(command, environment, stdin=""):
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    seen = []

    def watch():
        while process.poll() is None:
            seen.append(family_of(process.pid))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, error = process.communicate(stdin.encode(), timeout=90)
    watcher.join()
    return process.returncode, out, error, b"\n".join(seen)


def jwt(secret):
    import hashlib
    import hmac

    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(json.dumps(
        {"iss": KEY, "sub": "canary", "exp": int(time.time()) + 600, "video": {"roomJoin": True, "room": "lkdoctor-x"}}
    ).encode())
    return head + "." + part(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())


def write_inputs(folder, port):
    files = {
        "controller.toml": f'[livekit]\napi_key = "{KEY}"\napi_secret = "{CANARY}"\n'
                           f'public_url = "http://127.0.0.1:{port}"\nservice_url = "http://127.0.0.1:{port}"\n',
        "broken.toml": f'[livekit]\napi_key = "{KEY}"\napi_secret = "{CANARY}" oops\n',
        "misplaced.toml": f'[livekit]\napi_key = "{KEY}"\napi_secret = ["{CANARY}"]\npublic_url = 1\n',
        "livekit.yaml": f'port: {port}\nkeys:\n  {KEY}: "{CANARY}"\n',
        "broken.yaml": f'port: {port}\nkeys:\n  {KEY}: "{CANARY}\n  other: x\n',
        "key-file.yaml": f'port: {port}\nkey_file: {folder / "keys"}\n',
        "broken-key-file.yaml": f'port: {port}\nkey_file: {folder / "broken-keys"}\n',
        "open-key-file.yaml": f'port: {port}\nkey_file: {folder / "open-keys"}\n',
        "keys": f"{KEY}: {CANARY}\n",
        "broken-keys": f"{KEY}:{CANARY}\n",
        "open-keys": f"{KEY}: {CANARY}\n",
        "glued.yaml": f'port: {port}\nkeys: {{{KEY}:{CANARY}}}\n',
        "secret": CANARY + "\n",
        "token": jwt(CANARY) + "\n",
        "lkdoctor.toml": '[defaults]\n',
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o644 if name == "open-keys" else 0o600)


def commands(binary, folder, port):
    url = f"http://127.0.0.1:{port}"
    files = ["--controller", folder / "controller.toml", "--livekit", folder / "livekit.yaml"]
    yield "check, text", ["check", *files, "-v"]
    yield "check, json and recording", ["check", *files, "--format", "json", "--record", folder / "recording"]
    yield "check, key by hand", ["check", url, "--api-key", KEY, "--api-secret-file", folder / "secret", "-v"]
    yield "check, token", ["check", url, "--token-file", folder / "token", "-v", "--format", "json"]
    for name in ("broken.toml", "misplaced.toml"):
        yield f"check, {name}", ["check", "--only", "config", "--controller", folder / name, "-v"]
    for name in ("broken.yaml", "glued.yaml", "key-file.yaml", "broken-key-file.yaml", "open-key-file.yaml"):
        yield f"check, {name}", ["check", "--only", "config", "--livekit", folder / name, "-v"]
    yield "check, key file", ["check", url, "--livekit", folder / "key-file.yaml", "-v", "--record", folder / "key-file.recording"]
    for variable in ("LKDOCTOR_API_SECRET", "LIVEKIT_KEYS"):
        yield f"check, {variable}", ["check", url, "--api-key", KEY, "-v", "--format", "json", "--record", folder / variable]
        yield f"config, {variable}", ["config", url, "--api-key", KEY]
    yield "check, secret as a file name", ["check", url, "--api-secret-file", folder / "no-such-file"]
    yield "check, proxy", ["check", *files, "--proxy", f"http://u:{CREDENTIALS}@127.0.0.1:9"]
    yield "check, proxy that echoes", ["check", *files, "--proxy", f"http://u:{CREDENTIALS}@127.0.0.1:{port}"]
    yield "plan", ["plan", *files]
    yield "config", ["config", *files]
    yield "list", ["list", "checks"]
    yield "explain", ["explain", "-"]
    yield "token create", ["token", "create", *files]
    yield "token create, key by hand", ["token", "create", "--api-key", KEY, "--api-secret-file", folder / "secret"]
    yield "token create, LKDOCTOR_API_SECRET", ["token", "create", "--api-key", KEY]
    yield "token inspect", ["token", "inspect"]
    yield "token inspect, key by hand", ["token", "inspect", "--api-key", KEY, "--api-secret-file", folder / "secret"]
    yield "demo", ["demo"]


def variables_of(title):
    """A variable that the title of a command names holds the secret."""
    values = {"LKDOCTOR_API_SECRET": CANARY, "LIVEKIT_KEYS": f"{KEY}: {CANARY}"}
    return {name: value for name, value in values.items() if name in title}


def main():
    binary = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token = jwt(CANARY)
    wanted = needles(CANARY) | needles(CREDENTIALS) | {token, token.split(".")[2]}
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LKDOCTOR_", "OPENTALK_"))}
    leaks, ran = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_inputs(folder, server.server_port)
        inputs = {path: path.read_bytes() for path in folder.iterdir()}
        for title, arguments in commands(binary, folder, server.server_port):
            code, out, error, lines = run([binary, *map(str, arguments)], {**environment, **variables_of(title)},
                                          stdin=token + "\n")
            if code in (64, 70) or code < 0:
                print(f"{title}: unexpected exit {code}: {error.decode(errors='replace')[-400:]}")
                leaks.append(title)
            if title.startswith("token create") and len(out.split()) != 2:
                leaks.append(f"{title}: two tokens were wanted")
            ran += 1
            allowed = CREDENTIALS.encode() if title.startswith("check, proxy") else None  # the caller put it there
            written = b"".join(path.read_bytes() for path in folder.iterdir() if path not in inputs)
            for place, text in (("stdout", out), ("stderr", error), ("command lines", lines), ("files", written)):
                for needle in wanted:
                    if needle.encode() in text and not (place == "command lines" and allowed
                                                        and needle in needles(CREDENTIALS)):
                        leaks.append(f"{title}: {place} holds {needle[:6]}…")
    server.shutdown()
    for leak in leaks:
        print(leak)
    print(f"{ran} commands, {len(wanted)} forms of each secret searched, {len(leaks)} leaks")
    sys.exit(1 if leaks else 0)


if __name__ == "__main__":
    main()
