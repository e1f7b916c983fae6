# SPDX-License-Identifier: EUPL-1.2
"""Accepts connections and says nothing: python3 stall.py PORT…"""
import asyncio
import sys


async def silent(reader, writer):
    while await reader.read(4096):
        pass
    writer.close()


async def main():
    servers = [await asyncio.start_server(silent, None, int(port)) for port in sys.argv[1:]]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
