"""A plugin that misbehaves in the way that its argument names, from its first question on."""

import ctypes
import json
import os
import signal
import sys
import threading
import time

mode = sys.argv[1]


def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def say(**message):
    write(json.dumps(message) + "\n")


def answer(id, **more):
    say(type="answer", id=id, verdict={"action": "allow", "why": "hostile"}, **more)


def verdict(id, **keys):
    say(type="answer", id=id, verdict={"action": "allow", "why": "hostile", **keys})


def forever():
    while True:
        time.sleep(1000)


def flood(text):
    while True:
        write(text)


def spin():
    while True:
        pass


def fill(path):
    # Past the limit of a file SIGXFSZ would end it.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(path, "wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))


def leave_child(stays):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for escape in (os.setsid, lambda: os.setpgid(0, 0)):
            try:
                escape()
            except OSError:
                pass
        forever()
    if not stays:
        os._exit(0)


def crash():
    ctypes.string_at(0)


MODES = {
    "garbage": lambda id: write("\x00\xff{[\n"),
    "text": lambda id: write('"allow"\n'),
    "unknown-type": lambda id: say(type="allow", id=id),
    "unknown-key": lambda id: answer(id, more=1),
    "no-id": lambda id: say(type="answer", verdict=None),
    "half-line": lambda id: (write('{"type": "answer", "id":'), forever()),
    "long-line": lambda id: flood("x" * 65536),
    "deep": lambda id: write("[" * 60000 + "\n"),
    "deep-closed": lambda id: write("[" * 60000 + "]" * 60000 + "\n"),
    "flood-same-pong": lambda id: flood('{"type": "pong", "id": 1}\n' * 1000),
    "huge-number": lambda id: write('{"type": "answer", "id": 1e400, "verdict": null}\n'),
    "twice": lambda id: (answer(id), answer(id)),
    "other-id": lambda id: answer(id + 1000),
    "old-id": lambda id: answer(1) if id > 1 else answer(id),
    "late": lambda id: None,
    "wrong-action": lambda id: verdict(id, action="maybe"),
    "wrong-errno": lambda id: verdict(id, errno=-1),
    "wrong-scope": lambda id: verdict(id, scope="everybody"),
    "no-reason": lambda id: say(type="answer", id=id, verdict={"action": "allow"}),
    "long-reason": lambda id: verdict(id, why="x" * 100000),
    "prototype": lambda id: write(
        '{"type": "answer", "id": %d, "verdict": {"action": "allow", "why": "x", "__proto__": {"errno": 1}}}\n' % id
    ),
    "constructor": lambda id: write('{"type": "constructor"}\n'),
    "second-ready": lambda id: say(type="ready"),
    "second-declaration": lambda id: declare(),
    "wrong-pong": lambda id: say(type="pong", id=99),
    "flood-pong": lambda id: flood('{"type": "pong", "id": 99}\n' * 1000),
    "flood-log": lambda id: flood('{"type": "log", "level": "info", "message": "\\u001b[2Jx"}\n' * 100),
    "flood-errors": lambda id: [sys.stderr.write("\x1b[2Jy\n" * 1000) for _ in iter(int, 1)],
    "deaf": lambda id: forever(),
    "exit": lambda id: os._exit(3),
    "crash": lambda id: crash(),
    "stop": lambda id: os.kill(os.getpid(), signal.SIGSTOP),
    "spin": lambda id: spin(),
    "busy": lambda id: (threading.Thread(target=spin, daemon=True).start(), answer(id)),
    "memory": lambda id: [bytearray(1 << 24) for _ in iter(int, 1)],
    "disk": lambda id: fill(sys.argv[2]),
    "child": lambda id: leave_child(stays=False),
    "parent": lambda id: leave_child(stays=True),
    "stubborn": lambda id: signal.signal(signal.SIGTERM, signal.SIG_IGN) and forever(),
    "failing": lambda id: say(type="failure", id=id, why="I will not"),
}


def declare():
    name = mode
    if mode == "changing":
        name = str(time.monotonic_ns())
    say(type="declaration", protocol=1, name=name, doc="Misbehaves.", on=["snet.connect"], options={})


if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
for line in iter(sys.stdin.readline, ""):
    message = json.loads(line)
    kind = message["type"]
    if kind == "hello":
        declare()
    elif kind == "setup":
        say(type="ready")
    elif kind == "ask":
        MODES[mode](message["id"])
    elif kind == "cancel" and mode == "late":
        answer(message["id"])
    elif kind == "ping":
        say(type="pong", id=message["id"])
if mode == "stubborn":
    forever()
