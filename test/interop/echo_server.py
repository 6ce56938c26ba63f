"""An echo server made with the package websockets: see foreign.ts for what it does beside echoing."""

import asyncio
import base64
import sys

import websockets


async def answer(connection, message):
    if message == "!fragments":
        await connection.send(["one ", "two ", "three"])
    elif message == "!ping":
        await (await connection.ping())
        await connection.send("pong")
    elif message == "!close":
        await connection.close(4002, "bye")
    else:
        await connection.send(message)


async def serve(connection):
    try:
        async for message in connection:
            await answer(connection, message)
    except websockets.ConnectionClosed:
        pass
    reason = base64.b64encode((connection.close_reason or "").encode()).decode()
    print("closed", connection.close_code, reason, flush=True)


async def main():
    loop = asyncio.get_running_loop()
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["second", "first"]) as server:
        print("listening", server.sockets[0].getsockname()[1], flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
