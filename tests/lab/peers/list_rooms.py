# SPDX-License-Identifier: EUPL-1.2
"""How many rooms LiveKit has, asked with the key pair of a controller.toml: python3 list_rooms.py FILE"""
import base64
import hashlib
import hmac
import json
import sys
import time
import tomllib
import urllib.request


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(key, secret, grants):
    now = int(time.time())
    claims = {"iss": key, "sub": "lab", "nbf": now - 5, "exp": now + 60, "video": grants}
    head = encoded(b'{"alg":"HS256","typ":"JWT"}') + b"." + encoded(json.dumps(claims).encode())
    return (head + b"." + encoded(hmac.new(secret.encode(), head, hashlib.sha256).digest())).decode()


def main():
    with open(sys.argv[1], "rb") as file:
        settings = tomllib.load(file)["livekit"]
    request = urllib.request.Request(settings["service_url"] + "/twirp/livekit.RoomService/ListRooms", b"{}", {
        "Content-Type": "application/json",
        "Authorization": "Bearer " + token(settings["api_key"], settings["api_secret"], {"roomList": True})})
    with urllib.request.urlopen(request, timeout=10) as answer:
        print(len(json.load(answer).get("rooms", [])))


if __name__ == "__main__":
    main()
