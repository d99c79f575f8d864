/** Attaches to the kernel, prints each connect(2) on this machine and allows it. Run as root. */

import { Action, eventMask, PollSet, SnetSocket } from "./mod.ts";

using socket = SnetSocket.open();
socket.attach({ name: "example", events: eventMask("snet.connect") });
const poll = new PollSet([{ fd: socket.fd }]);
while (poll.wait(-1) > 0) {
  socket.receive(({ id, name, task, remote }) => {
    console.log(`${name} ${task.pid} ${task.exe} -> ${remote?.ip}:${remote?.port}`);
    socket.answer(id, Action.Allow);
  });
  socket.send();
}
