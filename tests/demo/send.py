"""Sends a datagram to 127.0.0.1 at the port given and says what became of it."""

import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    try:
        print("sent", sender.sendto(b"hello", ("127.0.0.1", int(sys.argv[1]))), "bytes")
    except OSError as error:
        sys.exit(f"sendto: {error}")
