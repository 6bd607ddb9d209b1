// The general clock: one period by any law, in working days, calendar days, weeks, months or working hours (part D),
// and what a law owes the applicant beside it (B5.6, B5.9, B7.9).

import {
  MINUTE,
  SEARCHED_DAYS_MAX,
  WorkingDays,
  dayOf,
  dayText,
  instantOf,
  localMoment,
  minutesOf,
  monthsLater,
  startOfDay,
  weekday,
} from "./days.js";
import { evaluate } from "./evaluate.js";
import { Intake } from "./intake.js";
import { actsOf, moment } from "./record.js";
import { Span, isOverrun } from "./spans.js";

const OF_HEARINGS = ["hearing_request_late", "hearing_notice_short", "decided_before_hearing_window_closed"];
const DUTY_OF = { decided_without_acceptance: "acceptance", correction_response_overdue: "answer_date" };

const SATURDAY = 5;
const NOON = 12 * 60;

/** The days and hours on which an office is open. */
class OfficeDays {
  constructor({ weekend, holidays, closures = [], hours = [["00:00", "24:00"]] }) {
    this.weekend = new Set(weekend);
    this.holidays = new Set(holidays.map(dayOf));
    this.closures = closures;
    this.hours = hours.map((pair) => pair.map(minutesOf));
  }

  has(day) {
    return !this.weekend.has(weekday(day)) && !this.holidays.has(day) && !this.isClosed(day);
  }

  /** Whether a day lies in a period of every year in which the office is closed, say over the turn of the year. */
  isClosed(day) {
    const at = dayText(day).slice(5);
    return this.closures.some(([from, to]) => (from <= to ? from <= at && at <= to : at >= from || at <= to));
  }

  nth(from, n) {
    let day = from;
    for (let left = n; left > 0; left -= this.has(day) ? 1 : 0) day += 1;
    return day;
  }
}

/** The end of a period: a day's text, an instant's where the law counts hours, or null where it can't be known. */
export function dueOf(rule, events) {
  const days = new OfficeDays(rule.calendar);
  const acts = events.map((event) => ({ ...event, ...localMoment(instantOf(event.at), rule.zone) }));
  const start = acts.filter((act) => act.type === "start" || act.type === "reset").at(-1);
  const length = rule.n + extensionOf(rule, acts);
  if (rule.unit === "working_hour") return hoursLater(rule, days, start, length * 60, acts);
  const outs = outsOf(rule, days, acts);
  const last = lastDay(rule, days, start.day, length, (day) => outs.some(([from, to]) => from <= day && day <= to));
  return last === null ? null : rolled(rule, days, last);
}

/** By how much the period was lengthened: as often and as far as the law allows, and no further (B8.2). */
function extensionOf(rule, acts) {
  const { max_total: total = Infinity, max_count: count = Infinity, max_ratio: ratio } = rule.extension ?? {};
  const most = ratio ? (rule.n * ratio[0]) / ratio[1] : total;
  let sum = 0;
  let times = 0;
  for (const act of acts.filter((each) => each.type === "extend")) {
    if (times >= count || sum + act.n > most) continue;
    sum += act.n;
    times += 1;
  }
  return sum;
}

/** First and last day that each suspension takes out (B7.2); one whose term is over takes out no more (D2). */
function outsOf(rule, days, acts) {
  const suspends = acts.filter((act) => act.type === "suspend").slice(0, rule.stops_max ?? Infinity);
  return suspends.map((suspend) => {
    const end = acts.slice(acts.indexOf(suspend)).find((act) => act.type === "resume" && act.sid === suspend.sid);
    const from = suspend.day + (rule.suspension_day_rule.startsWith("(") ? 1 : 0);
    const to = end === undefined ? Infinity : end.day - (rule.suspension_day_rule.endsWith(")") ? 1 : 0);
    return [from, Math.min(to, termOf(rule, days, suspend))];
  });
}

function termOf(rule, days, suspend) {
  if (rule.suspension_ends !== "on_answer_or_term") return Infinity;
  if (suspend.until) return dayOf(suspend.until);
  if (!rule.term) return Infinity;
  return rule.term_unit === "working_day" ? days.nth(suspend.day, rule.term) : suspend.day + rule.term;
}

/** The last day of a period of days, before any roll; null where an open suspension makes it unknowable. */
function lastDay(rule, days, start, length, isOut) {
  const before = rule.first_day === "included" ? start - 1 : start;
  const counts = rule.unit === "working_day" ? (day) => days.has(day) : () => true;
  let left = rule.unit === "working_day" ? length : lengthInDays(rule, before, length);
  for (let day = before + 1; day < before + SEARCHED_DAYS_MAX; day += 1) {
    if (counts(day) && !isOut(day) && --left === 0) return day;
  }
  return null;
}

/** How many calendar days a period has that begins after *before*. */
function lengthInDays(rule, before, length) {
  if (rule.unit === "week") return 7 * length;
  if (rule.unit !== "month") return length;
  const isFromDayOne = rule.first_day === "included" || rule.roll === "tw"; // it ends the day before the corresponding one
  return isFromDayOne ? monthsLater(before + 1, length) - 1 - before : monthsLater(before, length) - before;
}

/** The day a last day of rest moves to (D1, column "rolls"). */
function rolled(rule, days, last) {
  if (rule.roll !== "forward" && rule.roll !== "tw") return dayText(last);
  const isSaturday = rule.roll === "tw" && weekday(last) === SATURDAY;
  let day = last;
  while (!days.has(day) || (isSaturday && day === last)) day += 1;
  if (isSaturday && day === last + 2) return instantText(rule, day, NOON);
  return dayText(day);
}

/** The text of the instant so many minutes after a day began in the zone of the rule. */
function instantText(rule, day, minutes) {
  return new Date((startOfDay(day, rule.zone) + minutes * MINUTE) / 1000).toISOString();
}

/** The instant at which so many minutes of open hours are over; suspended time does not count. */
function hoursLater(rule, days, start, minutes, acts) {
  if (acts.some((act) => act.type === "suspend")) return null; // no vector and no text says how hours stop
  let left = minutes;
  for (let day = start.day; day < start.day + SEARCHED_DAYS_MAX; day += 1) {
    if (!days.has(day)) continue;
    for (const [open, close] of days.hours) {
      const from = day === start.day ? Math.max(open, start.minute) : open;
      if (close - from >= left) return instantText(rule, day, from + left);
      left -= Math.max(0, close - from);
    }
  }
  return null;
}

/**
 * What was neglected by *t* under a law, as flags: its `duties`, each with the reasons of suspension that it is for (none:
 * all), and its `grounds`, of which a term may end the suspension. *rule* says how days and rounds are counted.
 */
export function neglected(law, rule, events, calendar, t, known = t) {
  const { flags } = evaluate(rule, events, calendar, t, known);
  const owed = flags.filter((flag) => OF_HEARINGS.includes(flag) || (DUTY_OF[flag] ?? "") in law.duties);
  return [...new Set([...owed, ...ofSuspensions(law, rule, events, calendar, t, known)])].sort();
}

/** The flags of suspensions: of which the applicant was not informed, and which lasted longer than was said (B7.9). */
function ofSuspensions(law, rule, events, calendar, t, known) {
  const knownAt = instantOf(known);
  const now = moment({}, instantOf(t), rule.zone);
  const acts = actsOf(events, rule.zone, now.instant, knownAt);
  const days = new WorkingDays(calendar, localMoment(knownAt, rule.zone).day);
  const { received, acceptance, end } = Intake.of(rule, days, new Set(), acts, now);
  const first = Math.min(...[received, acceptance?.act].filter(Boolean).map((act) => act.place));
  const spans = spansOf(
    acts.filter((act) => act.place >= first),
    (act) => termOfGround(law.grounds[act.reason] ?? {}, days, act),
  );
  const isOwed = (duty, span) => law.duties[duty] && (!law.duties[duty].length || law.duties[duty].includes(span.reason));
  const silent = spans.filter((span) => span.from.notified === false && isOwed("suspension_notice", span));
  const limited = spans.filter((span) => span.planned !== null && isOwed("suspension_length", span));
  const long = limited.filter((span) => {
    if (law.grounds[span.reason]?.suspension_ends === "on_answer_or_term") return false; // its term is its end
    if (end !== null && span.from.place > end.place) return false; // there was nothing left to suspend
    if (end !== null && (span.to === null || span.to.place > end.place)) span.to = end;
    return isOverrun(rule.suspension_day_rule, span, dayOf(span.planned), now.day);
  });
  return [
    ...silent.map((span) => `suspend_not_notified:${span.sid}`),
    ...long.map((span) => `suspension_overrun:${span.sid}`),
  ];
}

/** The suspensions among *acts*; one whose term, by *termOf*, is over no longer waits for its end. */
function spansOf(acts, termOf) {
  const spans = [];
  const open = new Map(); // by sid: the span, and the last day of its term
  for (const act of acts.filter((each) => each.type === "suspend" || each.type === "resume")) {
    if (open.has(act.sid) && open.get(act.sid).term < act.day) open.delete(act.sid);
    const waiting = open.get(act.sid);
    if (act.type === "resume" && waiting) {
      waiting.span.to = act;
      open.delete(act.sid);
    } else if (act.type === "suspend" && !waiting) {
      spans.push(new Span(act));
      open.set(act.sid, { span: spans.at(-1), term: termOf(act) });
    }
  }
  return spans;
}

/** The last day of the term that ends a suspension: as it was set, else the law's; never where only an answer does. */
function termOfGround(ground, days, act) {
  if (ground.suspension_ends !== "on_answer_or_term") return Infinity;
  const set = act.planned_until ? Math.max(dayOf(act.planned_until), act.day) : null;
  if (!ground.term) return set ?? Infinity;
  const ofLaw = {
    working_day: () => days.nth(act.day, ground.term, () => false),
    calendar_day: () => act.day + ground.term,
    month: () => monthsLater(act.day, ground.term),
  }[ground.term_unit ?? "working_day"]();
  if (set === null) return ofLaw;
  return ground.term_is_limit ? Math.min(set, ofLaw) : set;
}
