# SPDX-License-Identifier: EUPL-1.2
"""Takes every WebSocket upgrade with 101 and then says nothing: python3 mute_websocket.py PORT"""
import asyncio
import base64
import hashlib
import re
import sys

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


async def mute(reader, writer):
    try:
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        return
    key = re.search(r"(?im)^sec-websocket-key:\s*(\S+)", request)
    if key is None:
        writer.write(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        return
    accept = base64.b64encode(hashlib.sha1((key[1] + _GUID).encode()).digest()).decode()
    writer.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
    while await reader.read(4096):
        pass
    writer.close()


async def main():
    # A token in the query makes the request line long.
    server = await asyncio.start_server(mute, None, int(sys.argv[1]), limit=1 << 17)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
