// One clock: where it ends, what is used and left of it, its state and its colour (B3, B7.6, B10).

import { dayText } from "./days.js";
import { NOTHING_OUT } from "./spans.js";

/** How many days before the end a clock turns yellow (B10.1). */
export function yellowDays(length, yellow) {
  return Math.max(yellow.min, Math.ceil((length * yellow.num) / yellow.den));
}

/** Counts one clock of so many working days from day 0. */
export class Count {
  /** *onSpotDay* is the last day of a clock of no days (B3.4). */
  constructor(days, start, length, timeOut, onSpotDay) {
    if (length === 0) timeOut = NOTHING_OUT; // a period of no days is never suspended (B4)
    Object.assign(this, { days, start, length, timeOut, onSpotDay });
  }

  /** The last day in time; null where an open suspension makes it unknowable. */
  get due() {
    return this.length === 0 ? this.onSpotDay : this.#nth(this.length);
  }

  #nth(n) {
    const open = this.timeOut.spans.some((span) => span.to === null);
    if (!open) return this.days.nth(this.start, n, (day) => this.timeOut.has(day));
    const from = Math.min(...this.timeOut.spans.filter((span) => span.to === null).map((span) => span.from.day));
    const reached = this.days.counted(this.start, from, (day) => this.timeOut.has(day));
    return reached < n ? null : this.days.nth(this.start, n, (day) => this.timeOut.has(day));
  }

  /** The day from whose midnight on it is yellow; null where that is unknowable (B10.2, B3.9). */
  yellowFrom(yellow) {
    const counted = this.length - yellowDays(this.length, yellow);
    if (counted <= 0) return this.start;
    const last = this.#nth(counted);
    return last === null ? null : last + 1;
  }

  /** How many days were counted through *day*. */
  usedThrough(day) {
    return this.days.counted(this.start, day, (each) => this.timeOut.has(each));
  }

  /** The same count with other suspensions. */
  with(timeOut) {
    return new Count(this.days, this.start, this.length, timeOut, this.onSpotDay);
  }
}

const OVER = new Set(["overdue", "late", "void"]);

/** The states of a clock that was not stopped in time. */
export const RED = new Set(["overdue", "late", "lapsed", "deemed"]);

/** What is known of a clock at the moment of the question, in the fields of the golden vectors. */
export function shown(count, now, { yellow, stop = null, isVoid = false, state = null, isUncoloured = false }) {
  const stopped = stop !== null;
  if (stopped && stop.instant !== undefined) count = count.with(count.timeOut.endedBy(stop));
  const due = count.due;
  const earliest = due === null ? count.with(count.timeOut.endedBy(now)).due : null;
  const used = stopped ? count.usedThrough(stop.day) : count.usedThrough(now.day - 1);
  const remaining = Math.max(0, count.length - used);
  const result = {
    start: dayText(count.start),
    length: count.length,
    due: dayText(due),
    earliest_due: dayText(earliest),
    yellow_from: dayText(count.yellowFrom(yellow)),
    used,
    remaining,
    overdue_days: 0,
    state: state ?? stateOf(count, due, now, stop, isVoid),
    level: "none",
    provisional: (due ?? earliest) > count.days.horizon,
  };
  if (OVER.has(result.state) && due !== null) result.overdue_days = count.days.between(due, stopped ? stop.day : now.day);
  result.level = levelOf(result.state, remaining, yellowDays(count.length, yellow), isUncoloured);
  return result;
}

function stateOf(count, due, now, stop, isVoid) {
  if (isVoid) return "void";
  if (stop !== null) return due === null || stop.day <= due ? "met" : "late";
  if (due !== null && now.day > due) return "overdue";
  return count.timeOut.isOpenAt(now.instant) ? "suspended" : "running";
}

/** The colour of a clock in a state (B10.1). */
export function levelOf(state, remaining, yellowAt, isUncoloured = false) {
  if (state === "unconfirmed") return "yellow";
  if (RED.has(state)) return isUncoloured ? "none" : "red";
  if (state === "suspended") return "paused";
  if (state !== "running") return "none";
  return remaining <= yellowAt ? "yellow" : "green";
}
