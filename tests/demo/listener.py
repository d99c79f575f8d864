"""Listens on 127.0.0.1 at the port given, greets who connects, and says what became of each call."""

import socket
import sys

port = int(sys.argv[1])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
step = "bind"
try:
    listener.bind(("127.0.0.1", port))
    step = "listen"
    listener.listen()
except OSError as error:
    sys.exit(f"{step}: {error}")
print(f"listening on {port}", flush=True)
while True:
    try:
        connection, (peer, _) = listener.accept()
    except OSError as error:
        print(f"accept: {error}", flush=True)
        continue
    print(f"accept: {peer}", flush=True)
    with connection:
        connection.settimeout(5)
        try:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
        except OSError:
            pass  # a client that only looked whether somebody is there
