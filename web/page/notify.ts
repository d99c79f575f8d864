/** Desktop notifications of questions, for whoever wants them: only while this page is not looked at. */

import { effect, signal } from "@preact/signals";
import { questions } from "./questions.ts";
import { baseName } from "./rows.ts";

/** Where it lies whether they are wanted. */
const KEY = "snet-notify";
/** Shown at once at most; a program that asks for very much is one line. */
const MOST = 3;

/** False also where the browser has none, as on an address that is not secure. */
export const canNotify = "Notification" in globalThis;

export const notifies = signal(
  canNotify && Notification.permission === "granted" && localStorage.getItem(KEY) === "on",
);
/** Why they could not be turned on. */
export const notifyRefused = signal(false);

/** Turns them on, if the browser lets, or off. */
export async function setNotify(on: boolean): Promise<void> {
  const may = on && await Notification.requestPermission() === "granted";
  notifyRefused.value = on && !may;
  notifies.value = may;
  localStorage.setItem(KEY, may ? "on" : "off");
}

/** By the id of their question. */
const shown = new Map<string, Notification>();
let known: ReadonlySet<string> = new Set();

effect(() => {
  const waiting = questions.value;
  const ids = new Set(waiting.map(({ id }) => id));
  for (const [id, notification] of shown) {
    if (ids.has(id)) continue;
    notification.close();
    shown.delete(id);
  }
  if (notifies.value && !document.hasFocus()) {
    for (const { id, program, wish } of waiting) {
      if (!known.has(id) && shown.size < MOST) show(id, `${baseName(program)} waits`, `It wants to ${wish}`);
    }
  }
  known = ids;
});

function show(id: string, title: string, body: string): void {
  let notification: Notification;
  try {
    // The same in two windows is one.
    notification = new Notification(title, { body, tag: id, icon: "/icon.svg" });
  } catch {
    // Browsers of telephones permit them, and then have them for service workers alone.
    notifies.value = false;
    notifyRefused.value = true;
    return;
  }
  notification.onclick = () => {
    globalThis.focus();
    location.hash = "#/questions";
    notification.close();
  };
  notification.onclose = () => shown.delete(id);
  shown.set(id, notification);
}
