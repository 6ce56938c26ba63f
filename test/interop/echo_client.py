"""A client made with the package websockets, commanded by lines: see foreign-process.ts."""

import asyncio
import base64
import sys

import websockets


def encode(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def decode(text):
    return base64.b64decode(text)


def report(*words):
    print(*words, flush=True)


async def receive(connection):
    try:
        async for message in connection:
            report("text" if isinstance(message, str) else "binary", encode(message))
    except websockets.ConnectionClosed:
        pass
    report("closed", connection.close_code, encode(connection.close_reason or ""))


async def ping(connection):
    await (await connection.ping())
    report("pong")


async def connect(url, names):
    subprotocols = [name for name in names.split(",") if name]
    try:
        connection = await websockets.connect(url, subprotocols=subprotocols or None)
    except Exception as error:
        report("failed", encode(repr(error)))
        return None
    report("open", encode(connection.subprotocol or ""))
    return connection


async def main():
    loop = asyncio.get_running_loop()
    tasks = set()
    connection = None

    def start(coroutine):
        task = asyncio.create_task(coroutine)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, *rest = line.rstrip("\n").split(" ")
        if word == "connect":
            connection = await connect(rest[0], decode(rest[1]).decode())
            if connection is not None:
                start(receive(connection))
        elif word == "text":
            await connection.send(decode(rest[0]).decode())
        elif word == "binary":
            await connection.send(decode(rest[0]))
        elif word == "fragments":
            await connection.send([decode(part).decode() for part in rest])
        elif word == "ping":
            start(ping(connection))
        elif word == "close":
            start(connection.close(int(rest[0]), decode(rest[1]).decode()))


asyncio.run(main())
