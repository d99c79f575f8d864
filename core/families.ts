/** The families of events that this thread knows: that of snet itself, and those that plugins declare. */

import "./net/subsystem.ts";

export { attributesOf, isTold, subsystemOf, subsystems } from "./subsystem.ts";
