"""A receiver of webhooks that answers at once and keeps its connections. Prints its port, then counts what comes."""

from __future__ import annotations

import asyncio
import re

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        found = LENGTH.search(head)
        await reader.readexactly(int(found[1]) if found else 0)
        writer.write(ANSWER)


async def main() -> None:
    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - its purpose
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
