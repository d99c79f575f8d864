/** Times of the day, as minutes since midnight. */

/** `22:00` as minutes since midnight. Throws an Error where it is no time of the day. */
export function minutesOf(text: string): number {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) {
    throw new Error(`"${text}" is no time of the day, such as 22:00`);
  }
  return Number(hours) * 60 + Number(minutes);
}

/** Whether a time (milliseconds since 1970) is between the two, which may have midnight between them; local time. */
export function isBetween(time: number, begin: number, end: number): boolean {
  const date = new Date(time);
  const now = date.getHours() * 60 + date.getMinutes();
  return begin <= end ? now >= begin && now < end : now >= begin || now < end;
}
