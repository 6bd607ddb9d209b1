// The date check: every day that the ledger states, of a warning, a card or a notice, is counted again.

import { RED } from "./clock.js";
import { evaluate } from "./evaluate.js";
import { ProjectHistory } from "./facts.js";
import { MissingLawError, OtherLawError, ruleOf } from "./rules.js";

const STATED = ["started_on", "length", "due_on", "provisional"];

/** Counts the dates of a bundle again: calendars and packs by name, then the entries in the order of positions. */
export class DateCheck {
  /** *calendars* and *packs* are the values of the bundle's files, by name. */
  constructor(calendars, packs) {
    this.calendars = calendars;
    this.packs = packs;
    this.projects = new Map();
    this.imported = new Map(); // notices that were imported, by stream and name
    this.checked = 0;
    this.faults = []; // {position, code, ...}
    this.unchecked = new Map(); // how many dates by the law that this clock does not count
    this.unfounded = new Map(); // how many by the law or the calendar that is not in the bundle
  }

  /** Take in an entry, whose data is *fact*, and check the date that it states, if it states one. */
  add(entry, fact, law) {
    if (fact.fact === "notice_imported") this.imported.set(`${entry.stream} ${fact.notice}`, fact);
    if (fact.fact === "notice_applied") this.applyNotice(entry, fact);
    const project = this.projects.get(entry.stream) ?? this.projects.set(entry.stream, new ProjectHistory()).get(entry.stream);
    const occurredAt = new Date(Math.floor(entry.occurred_us / 1000)).toISOString().replace("Z", "") + micros(entry.occurred_us);
    if (fact.proof) this.checkProof(project, entry, fact, occurredAt);
    else if (fact.fact === "date_announced") this.checkAnnouncement(project, entry, fact, occurredAt);
    project.add({ version: entry.version, fact, occurredAt, law });
  }

  applyNotice(entry, fact) {
    const notice = this.imported.get(`${entry.stream} ${fact.notice}`);
    const calendar = notice && this.calendars[notice.calendar];
    if (!calendar) return;
    const { published, days, covers_to } = notice;
    calendar.notices = [...calendar.notices, { id: fact.notice, published, days, covers_to: covers_to ?? null }];
  }

  /** The state of a clock at *at*, by what was in the ledger then. Throws OtherLawError, MissingLawError. */
  clockAt(history, name, at) {
    const pack = this.packs[history.law];
    if (!pack?.id) throw new MissingLawError(history.law);
    const rule = ruleOf(pack, history.terms);
    return evaluate(rule, history.events, this.calendar(history.calendar || pack.calendar), at).clocks[name];
  }

  /** A calendar with those it stacks on (B2.8). */
  calendar(name) {
    const own = this.calendars[name];
    if (own === undefined) throw new MissingLawError(name);
    if (!own.stacks_on) return own;
    const below = this.calendar(own.stacks_on);
    return { ...below, notices: [...below.notices, ...(own.notices ?? [])] };
  }

  checkProof(project, entry, fact, at) {
    const { proof } = fact;
    this.check(project, entry, fact.item, proof.application, proof.clock, at, (clock) => {
      const counted = { ...clock, started_on: clock.start, due_on: clock.due ?? clock.earliest_due };
      for (const name of STATED) {
        if (proof[name] !== counted[name]) return { code: name, stated: proof[name], counted: counted[name] };
      }
      if (proof.rung === "card" && !RED.has(clock.state)) return { code: "not_over", stated: "card", counted: clock.state };
      return null;
    });
  }

  checkAnnouncement(project, entry, fact, at) {
    const number = project.histories.get(fact.item)?.length ?? 0;
    this.check(project, entry, fact.item, number, fact.clock, at, (clock) => {
      const counted = clock.due ?? clock.earliest_due;
      return fact.announced_on === counted ? null : { code: "announced_on", stated: fact.announced_on, counted };
    });
  }

  check(project, entry, item, number, name, at, compare) {
    const history = project.of(item, number);
    const about = { position: entry.position, item, clock: name };
    try {
      const clock = history && this.clockAt(history, name, at);
      if (!clock) this.faults.push({ ...about, code: "no_clock", stated: name, counted: null });
      else {
        const fault = compare(clock);
        if (fault) this.faults.push({ ...about, ...fault });
      }
      this.checked += 1;
    } catch (error) {
      if (!(error instanceof OtherLawError || error instanceof MissingLawError)) throw error;
      const dates = error instanceof MissingLawError ? this.unfounded : this.unchecked;
      dates.set(error.message, (dates.get(error.message) ?? 0) + 1);
    }
  }
}

function micros(us) {
  return `${String(((us % 1000) + 1000) % 1000).padStart(3, "0")}Z`;
}
