export * from "./protocol.ts";
export { type AddressCopy, AddressView } from "./address.ts";
export {
  type EventCopy,
  EventMessage,
  type SocketCopy,
  SocketView,
  type TaskCopy,
  TaskView,
} from "./event.ts";
export { formatIpv4, formatIpv6 } from "./ip.ts";
