"""For schema_test.ts: a plugin that observes, and writes each line that it gets into the file that it is told."""

import json
import sys

with open(sys.argv[1], "w", buffering=1) as record:
    for line in sys.stdin:
        record.write(line)
        message = json.loads(line)
        replies = {
            "hello": {"type": "declaration", "protocol": 1, "name": "x", "doc": "", "on": ["*"], "options": {}},
            "setup": {"type": "ready", "decides": True, "observes": True},
            "ping": {"type": "pong", "id": message.get("id")},
        }
        if message["type"] in replies:
            print(json.dumps(replies[message["type"]]), flush=True)
