# SPDX-License-Identifier: EUPL-1.2
"""Access tokens of LiveKit (JWT, HS256) made from the key pair of a controller.toml."""
import base64
import hashlib
import hmac
import json
import time
import tomllib


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def settings_of(controller_toml):
    with open(controller_toml, "rb") as file:
        return tomllib.load(file)["livekit"]


def token(settings, grants, seconds=60):
    now = int(time.time())
    claims = {"iss": settings["api_key"], "sub": "lab", "nbf": now - 5, "exp": now + seconds, "video": grants}
    head = _encoded(b'{"alg":"HS256","typ":"JWT"}') + b"." + _encoded(json.dumps(claims).encode())
    return (head + b"." + _encoded(hmac.new(settings["api_secret"].encode(), head, hashlib.sha256).digest())).decode()
