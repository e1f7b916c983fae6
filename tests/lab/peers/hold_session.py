#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""hold_session.py HOST KEYFILE: another client of a responder (docs/port-test.md). Ends once it was given the session."""
import hashlib
import hmac
import pathlib
import subprocess
import sys
import time

BODY = '{"version":1}'
REQUEST = f"POST /session HTTP/1.1\r\nHost: responder\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"


def mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def control_key(secret):
    """RFC 5869 with one block, then the key of the control connection and its name."""
    key = mac(mac(b"lkdoctor port test 1", secret), b"key file\x01")
    return mac(key, b"lkdoctor port test control").hex(), "lkdoctor1:" + mac(key, b"lkdoctor port test key id")[:8].hex()


def ask(host, psk, identity):
    words = ["openssl", "s_client", "-quiet", "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-psk", psk,
             "-psk_identity", identity, "-connect", f"{host}:17881"]
    client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    client.stdin.write(REQUEST.encode())
    client.stdin.flush()
    answer = client.stdout.readline()
    client.kill()
    client.wait()
    return answer


def main(host, file):
    psk, identity = control_key(pathlib.Path(file).read_bytes().strip())
    for _ in range(50):
        if b" 200 " in ask(host, psk, identity):
            return 0
        time.sleep(0.1)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
