# SPDX-License-Identifier: MIT
"""terminal.py STEPS COMMAND...: runs a command in a terminal of its own, 100 columns by 40 lines, as its session's
leader. STEPS is JSON, a list of [PATTERN, TEXT]: waits until what was printed since the last step matches the pattern,
then types the text. Prints what the terminal showed, and last, the exit code or "signal N"."""

import json, os, pty, re, select, struct, sys, termios, fcntl, time

LIMIT = 30  # seconds, for each step

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])

shown, since = "", ""


def read(seconds):
    """Takes what the terminal shows. False where there is no more, or nothing within the time."""
    global shown, since
    if not select.select([terminal], [], [], seconds)[0]:
        return False
    try:
        text = os.read(terminal, 65536).decode(errors="replace")
    except OSError:  # EIO: nobody has it open any more
        return False
    shown += text
    since += text
    return text != ""


def fail(what):
    os.kill(pid, 9)
    print(f"{what} did not come; the terminal showed {shown!r}")
    sys.exit(3)


for pattern, text in steps:
    end = time.monotonic() + LIMIT
    while not re.search(pattern, since):
        if not read(max(0, end - time.monotonic())):
            fail(repr(pattern))
    since = ""
    os.write(terminal, text.encode())
while read(LIMIT):
    pass
_, status = os.waitpid(pid, 0)
print(shown.replace("\r\n", "\n"), end="" if shown.endswith("\n") else "\n")
print(f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"code {os.WEXITSTATUS(status)}")
