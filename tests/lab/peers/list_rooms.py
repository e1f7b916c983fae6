# SPDX-License-Identifier: EUPL-1.2
"""How many rooms LiveKit has, asked with the key pair of a controller.toml: python3 list_rooms.py FILE"""
import json
import sys
import urllib.request

import access_token


def main():
    settings = access_token.settings_of(sys.argv[1])
    request = urllib.request.Request(settings["service_url"] + "/twirp/livekit.RoomService/ListRooms", b"{}", {
        "Content-Type": "application/json", "Authorization": "Bearer " + access_token.token(settings, {"roomList": True})})
    with urllib.request.urlopen(request, timeout=10) as answer:
        print(len(json.load(answer).get("rooms", [])))


if __name__ == "__main__":
    main()
