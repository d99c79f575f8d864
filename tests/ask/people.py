"""Answers questions over the control socket, from processes of every descent.

people.py SOCKET reads lines "HOW ID", and answers question ID with allow from a process that is
  self       this one
  child      started by it
  orphan     started by it with a double fork and setsid, its parent gone
  sibling    started by it with CLONE_PARENT: a child of its own parent
  heir       started by what connected, which is gone
  traced     started and traced by it
and prints "STATUS ERROR" for each; ERROR is empty for an answer that was taken. "connect PORT" connects to that port of
127.0.0.1 in a thread of its own, and prints nothing.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import threading

CLONE_PARENT = 0x8000
SYS_CLONE = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
PTRACE_TRACEME = 0
libc = ctypes.CDLL(None, use_errno=True)


def connect():
    link = socket.socket(socket.AF_UNIX)
    link.connect(sys.argv[1])
    return link


def answer(question, link=None):
    link = link or connect()
    body = json.dumps({"action": "allow"})
    link.sendall(
        f"POST /v1/questions/{question}/answer HTTP/1.1\r\nHost: snet\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    reply = b""
    while chunk := link.recv(65536):
        reply += chunk
    head, _, rest = reply.decode().partition("\r\n\r\n")
    status = head.split(" ")[1]
    start, end = rest.find("{"), rest.rfind("}")
    error = json.loads(rest[start : end + 1]).get("error", "")
    os.write(1, f"{status} {error}\n".encode())


def without(parent):
    """Waits until the process is the child of another."""
    while os.getppid() == parent:
        os.sched_yield()


def fork(act):
    """Runs `act` in a child."""
    pid = os.fork()
    if pid == 0:
        act()
        os._exit(0)
    return pid


def orphan(question):
    def middle():
        os.setsid()
        me = os.getpid()
        fork(lambda: (without(me), answer(question)))

    os.waitpid(fork(middle), 0)


def sibling(question):
    if libc.syscall(SYS_CLONE, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        answer(question)
        os._exit(0)


def heir(question):
    def middle():
        link = connect()
        me = os.getpid()
        fork(lambda: (without(me), answer(question, link)))

    os.waitpid(fork(middle), 0)


def traced(question):
    def child():
        libc.ptrace(PTRACE_TRACEME, 0, 0, 0)
        answer(question)

    os.waitpid(fork(child), 0)


def child(question):
    os.waitpid(fork(lambda: answer(question)), 0)


def connect_to(port):
    link = socket.socket()
    threading.Thread(target=link.connect_ex, args=[("127.0.0.1", int(port))], daemon=True).start()


WAYS = {"connect": connect_to, "self": answer, "child": child, "orphan": orphan, "sibling": sibling, "heir": heir, "traced": traced}

print("ready", flush=True)
for line in sys.stdin:
    how, question = line.split()
    WAYS[how](question)
