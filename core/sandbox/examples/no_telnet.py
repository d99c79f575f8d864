#!/usr/bin/python3
"""A plugin of snet: refuses connections to port 23, or to the ports that its options name."""

import json
import sys


def say(**message):
    print(json.dumps(message), flush=True)


def decide(event, ports):
    port = event.get("remote", {}).get("port")
    if str(port) not in ports:
        return None  # not mine: the next plugin is asked
    return {"action": "deny", "why": f"port {port} is not encrypted", "remember": 60000}


ports = []
for line in sys.stdin:
    message = json.loads(line)
    match message["type"]:
        case "hello":
            options = {"ports": {"type": "strings", "default": ["23"], "doc": "Ports that are refused."}}
            doc = "Refuses connections to unencrypted services."
            say(type="declaration", protocol=1, name="no-telnet", doc=doc, on=["snet.connect"], options=options)
        case "setup":
            ports = message["options"]["ports"]
            say(type="ready")
        case "ask":
            say(type="answer", id=message["id"], verdict=decide(message["event"], ports), read=["remote-port"])
        case "ping":
            say(type="pong", id=message["id"])
