# SPDX-License-Identifier: EUPL-1.2
"""Calls with sound at a LiveKit, one after the other in three lanes, so that some stand at any moment:

    python3 calls.py LKDOCTOR READY_PORT ARGUMENT…      arguments of `lkdoctor check`

Listens on READY_PORT of loopback once the first call has ended, when the others stand. One line to stdout for each call that ended.
"""
import asyncio
import sys

LANES = 3
RUN_S = 7.2  # of which a thorough call takes six seconds


async def lane(number, words, stands):
    await asyncio.sleep(number * RUN_S / LANES)
    while True:
        running = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.DEVNULL,
                                                       stdout=asyncio.subprocess.DEVNULL)
        status = await running.wait()
        print(f"lane {number}: a call ended with {status}", flush=True)
        stands.set()


async def main():
    program, port, *words = sys.argv[1:]
    stands = asyncio.Event()
    command = [program, "check", *words, "--only", "media_loop", "--thorough", "--timeout", "8", "--quiet"]
    lanes = [asyncio.create_task(lane(number, command, stands)) for number in range(LANES)]
    await stands.wait()
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", int(port)):
        await asyncio.gather(*lanes)


if __name__ == "__main__":
    asyncio.run(main())
