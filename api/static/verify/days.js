// Days, instants and working days: the calendar of the rule book (B1.2, B2).
//
// A day is a number, counted from 1970-01-01; an instant is a number of microseconds since then, in UTC. Both are
// exact: microseconds of the years 1990 to 2099 stay below 2^53.

export const MINUTE = 60_000_000; // in microseconds
const DAY_MINUTES = 1440;
const QUARTER = 15 * MINUTE; // every zone has changed its offset at a full quarter of an hour
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d(?::\d\d)?)$/;
export const SEARCHED_DAYS_MAX = 20_000; // where so many days in a row do not count, none will

/** The day of a text such as `2026-03-02`. Throws RangeError. */
export function dayOf(text) {
  const day = Date.parse(`${text}T00:00:00Z`) / 86_400_000;
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || !Number.isInteger(day)) throw new RangeError(`not a day: ${text}`);
  return day;
}

/** The text of a day; null stays null. */
export function dayText(day) {
  return day === null ? null : new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** The day of the week: Monday is 0. */
export function weekday(day) {
  return (((day + 3) % 7) + 7) % 7;
}

/** The minutes of the day at a time such as `17:30`. */
export function minutesOf(time) {
  const [hours, minutes] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** The instant of an RFC 3339 text, in microseconds. Throws RangeError. */
export function instantOf(text) {
  const parts = INSTANT.exec(text);
  if (!parts) throw new RangeError(`not an instant: ${text}`);
  const [, year, month, day, hour, minute, second = "0", fraction = "", zone] = parts;
  const seconds = Date.UTC(+year, month - 1, +day, +hour, +minute, +second) / 1000;
  const micros = Number(fraction.padEnd(6, "0").slice(0, 6));
  return (seconds - offsetSeconds(zone)) * 1_000_000 + micros;
}

function offsetSeconds(zone) {
  if (zone === "Z") return 0;
  const [hours, minutes, seconds = 0] = zone.slice(1).split(":").map(Number);
  return (zone[0] === "-" ? -1 : 1) * (hours * 3600 + minutes * 60 + Number(seconds));
}

const formats = new Map();
const offsets = new Map();

/** Minutes by which the wall clock of an IANA zone is ahead of UTC at an instant (B1.2). */
function zoneOffset(instant, zone) {
  const quarter = Math.floor(instant / QUARTER);
  const key = `${zone} ${quarter}`;
  if (!offsets.has(key)) {
    if (!formats.has(zone)) {
      const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };
      formats.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...fields }));
    }
    const shown = formats.get(zone).formatToParts(new Date((quarter * QUARTER) / 1000));
    const at = Object.fromEntries(shown.map((part) => [part.type, Number(part.value)]));
    const wall = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute) / 60_000;
    offsets.set(key, wall - quarter * 15);
  }
  return offsets.get(key);
}

/** Day and minute of the day (with its fraction) that an instant has in a zone. */
export function localMoment(instant, zone) {
  const minutes = instant / MINUTE + zoneOffset(instant, zone);
  const day = Math.floor(minutes / DAY_MINUTES);
  return { day, minute: minutes - day * DAY_MINUTES };
}

/** The instant at which a day begins in a zone. */
export function startOfDay(day, zone) {
  const midnight = day * DAY_MINUTES * MINUTE;
  const near = midnight - zoneOffset(midnight, zone) * MINUTE;
  return midnight - zoneOffset(near, zone) * MINUTE;
}

/** The day a number of months later: the corresponding day, else the last of the month (Civil Code 202). */
export function monthsLater(day, months) {
  const date = new Date(day * 86_400_000);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0));
  const wanted = Math.min(date.getUTCDate(), last.getUTCDate());
  return Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), wanted) / 86_400_000;
}

/** The working days of one calendar, as it was known on a day (B2.1 to B2.5). */
export class WorkingDays {
  /** Of a calendar's data (`weekend`, `notices`, `provisional_off`), by the notices published up to *knownDay*. */
  constructor(data, knownDay) {
    this.weekend = new Set(data.weekend);
    this.listed = new Map();
    this.provisionalOff = new Set(Object.values(data.provisional_off ?? {}).flat().map(dayOf));
    this.horizon = -Infinity; // the last day that is certain
    const published = (data.notices ?? []).filter((notice) => dayOf(notice.published) <= knownDay);
    for (const notice of published.sort((a, b) => dayOf(a.published) - dayOf(b.published))) {
      for (const [day, working] of Object.entries(notice.days)) this.listed.set(dayOf(day), Boolean(working));
      if (notice.covers_to) this.horizon = Math.max(this.horizon, dayOf(notice.covers_to));
    }
  }

  /** Whether a day is a working day. */
  has(day) {
    if (this.listed.has(day)) return this.listed.get(day);
    if (this.weekend.has(weekday(day))) return false;
    return !(day > this.horizon && this.provisionalOff.has(day));
  }

  /** The first working day after *day*. */
  after(day) {
    do day += 1;
    while (!this.has(day));
    return day;
  }

  /** *day*, or the first working day after it. */
  onOrAfter(day) {
    return this.has(day) ? day : this.after(day);
  }

  /** How many working days lie in *from* < d <= *to*. */
  between(from, to) {
    let count = 0;
    for (let day = from + 1; day <= to; day += 1) count += this.has(day) ? 1 : 0;
    return count;
  }

  /** The *n*-th working day after *start* that *isOut* does not take out; null where it is never reached. */
  nth(start, n, isOut) {
    if (n <= 0) return start;
    for (let day = start + 1; day <= start + SEARCHED_DAYS_MAX; day += 1) {
      if (this.has(day) && !isOut(day) && --n === 0) return day;
    }
    return null;
  }

  /** How many days *nth* counts in *start* < d <= *end*. */
  counted(start, end, isOut) {
    let count = 0;
    for (let day = start + 1; day <= end; day += 1) count += this.has(day) && !isOut(day) ? 1 : 0;
    return count;
  }
}
