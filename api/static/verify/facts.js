// From the entries of a project's stream to the events of each application, as the rule book knows them.

import { instantOf } from "./days.js";
import { nameParts } from "./rules.js";

const GRANTED = "granted";

/** What each fact is to the clocks, and what the event says beside when it happened. */
const EVENTS = {
  item_submitted: () => ({ type: "received" }),
  supplement_requested: (fact) => ({
    type: "correction_notice",
    new_items: fact.new_items ?? false,
    respond_by: fact.respond_by ?? null,
  }),
  supplement_submitted: (fact) => (fact.complete ? { type: "corrected" } : null),
  lacking_papers_received: (fact) => (fact.complete ? { type: "papers_received" } : null),
  item_accepted: (fact) => ({ type: "accepted", cure_days: fact.cure_days ?? null }),
  item_declined: () => ({ type: "refused" }),
  item_forwarded: () => ({ type: "forwarded" }),
  forwarded_item_received: () => ({ type: "upper_received" }),
  countersignature_asked: (fact, history) => history.ask(fact),
  item_countersigned: (fact, history) => ({ type: "countersign_reply", ...history.question(fact) }),
  countersignature_forwarded: (fact, history) => ({ type: "countersign_reply", ...history.question(fact) }),
  countersignature_recalled: (fact, history) => ({ type: "countersign_recall", ...history.question(fact) }),
  opinion_kept: (fact, history) => ({ type: "countersign_recall", ...history.question(fact) }),
  application_revised: () => ({ type: "application_revised" }),
  clock_suspended: (fact) => ({
    type: "suspend",
    sid: fact.suspension,
    reason: fact.ground,
    notified: fact.notified,
    planned_until: fact.planned_until ?? null,
  }),
  clock_resumed: (fact) => ({ type: "resume", sid: fact.suspension }),
  limit_extended: (fact) => ({ type: "extension", days: fact.days, clock: fact.clock, notified: fact.notified }),
  hearing_right_told: () => ({ type: "hearing_told" }),
  hearing_requested: () => ({ type: "hearing_requested" }),
  hearing_notice_given: (fact) => ({ type: "hearing_notice", hearing_date: fact.hearing_on }),
  hearing_held: () => ({ type: "hearing_held" }),
  item_completed: (fact) => ({
    type: "decided",
    outcome: fact.outcome === GRANTED ? GRANTED : "denied",
    on_undertaking: fact.on_undertaking ?? false,
  }),
  external_result_recorded: (fact) => ({ type: "decided", outcome: fact.outcome === GRANTED ? GRANTED : "denied" }),
  decision_delivered: () => ({ type: "delivered" }),
  item_withdrawn: () => ({ type: "withdrawn" }),
  undertaking_checked: () => ({ type: "checked" }),
  record_attested: () => ({ type: "attest" }),
};
const OF_QUESTIONS = new Set(["countersign_reply", "countersign_recall", "application_revised"]);

/** One application for one item: its events so far, and the terms that were fixed for it (B6.1). */
class History {
  constructor(plan, law, number) {
    const parts = nameParts(law);
    this.number = number;
    this.law = parts.version;
    this.calendar = plan.calendar || parts.calendar;
    this.terms = {
      mode: plan.mode,
      special: plan.special ?? "",
      promise: plan.promise_days ?? null,
      limit: null,
      licenceExpiry: null,
      hours: null,
      live: plan.live,
    };
    this.events = [];
    this.questions = new Map(); // how many questions each department got at each step
    this.requestedAt = new Map(); // by department and step
  }

  /** The terms that a fact fixes. */
  fix(fact) {
    const { terms } = this;
    if (fact.fact === "item_submitted") {
      this.takeLaw(fact.law);
      terms.promise = fact.promise_days ?? terms.promise;
      terms.licenceExpiry = fact.renews?.valid_through ?? null;
      terms.hours = fact.hours ?? null;
    } else if (fact.fact === "item_accepted") {
      this.takeLaw(fact.law);
      Object.assign(terms, { mode: fact.mode, promise: fact.promise_days ?? null, limit: fact.limit });
    } else if (fact.fact === "mode_changed") Object.assign(terms, { mode: fact.mode, limit: fact.limit });
  }

  takeLaw(name) {
    const parts = nameParts(name);
    this.law = parts.version;
    this.calendar = parts.calendar;
    this.terms.special = parts.special;
  }

  /** A question to a department; the second one at a step is called after its number. */
  ask(fact) {
    const key = JSON.stringify([fact.department, fact.step]);
    const times = this.questions.get(key) ?? 0;
    this.questions.set(key, times + 1);
    const replaces = times ? stepName(fact.step, times) : null;
    const step = stepName(fact.step, times + 1) || null;
    return { type: "countersign_request", dept: fact.department, step, days: fact.limit, replaces };
  }

  /** The question that an act is about: the last one to the department at the step. */
  question(fact) {
    const times = this.questions.get(JSON.stringify([fact.department, fact.step])) ?? 0;
    return { dept: fact.department, step: stepName(fact.step, times) || null };
  }

  add(entry, fact) {
    const event = EVENTS[fact.fact](fact, this);
    if (event !== null) this.events.push({ id: `v${entry.version}`, at: this.takesEffect(event, entry, fact), ...event });
  }

  /** What was done about a question on paper, before it was put here, counts from the question. */
  takesEffect(event, entry, fact) {
    const key = JSON.stringify([event.dept, fact.step]);
    let at = entry.occurredAt;
    if (event.type === "countersign_request") {
      at = later(at, fact.asked_at ?? at);
      this.requestedAt.set(key, at);
    } else if (event.type === "application_revised") {
      for (const instant of this.requestedAt.values()) at = later(at, instant);
    } else if (OF_QUESTIONS.has(event.type)) at = later(at, this.requestedAt.get(key) ?? at);
    return at;
  }
}

function stepName(step, times) {
  return times <= 1 ? step : `${step}#${times}`;
}

function later(at, other) {
  return instantOf(at) >= instantOf(other) ? at : other;
}

/** Follows one project entry by entry: its items, their plans, and the history of each application. */
export class ProjectHistory {
  constructor() {
    this.entries = [];
    this.clear();
  }

  clear() {
    this.plans = new Map();
    this.histories = new Map(); // by item: the applications in order
  }

  /** Take in the next entry: {version, fact, occurredAt, law}. */
  add(entry) {
    this.entries.push(entry);
    if (entry.fact.fact === "entry_retracted") this.replay();
    else this.take(entry);
  }

  /** Begin again without what was retracted: it made no application, and set no terms (B1.4). */
  replay() {
    const gone = new Set();
    for (const { version, fact } of this.entries.toReversed()) {
      if (fact.fact === "entry_retracted" && !gone.has(version)) gone.add(fact.version);
    }
    this.clear();
    for (const entry of this.entries) if (!gone.has(entry.version)) this.take(entry);
  }

  take(entry) {
    const { fact } = entry;
    if (fact.fact === "project_registered") for (const plan of fact.items) this.plans.set(plan.item, plan);
    else if (fact.fact === "item_planned") this.plans.set(fact.plan.item, fact.plan);
    else if (fact.fact === "entry_amended") this.amend(entry);
    else if (this.plans.has(fact.item) && (fact.fact in EVENTS || fact.fact === "mode_changed")) {
      const history = this.applicationFor(entry);
      history.fix(fact);
      if (fact.fact in EVENTS) history.add(entry, fact);
    }
  }

  /** The application that an entry is about: each submission begins another one. */
  applicationFor(entry) {
    const { fact } = entry;
    if (!this.histories.has(fact.item)) this.histories.set(fact.item, []);
    const applications = this.histories.get(fact.item);
    const hasReceipt = applications.at(-1)?.events.some((event) => event.type === "received");
    if (applications.length === 0 || (fact.fact === "item_submitted" && hasReceipt)) {
      applications.push(new History(this.plans.get(fact.item), entry.law, applications.length + 1));
    }
    return applications.at(-1);
  }

  amend({ version, fact, occurredAt }) {
    const event = { id: `v${version}`, type: "amend", at: occurredAt, target: `v${fact.version}` };
    for (const history of this.histories.get(fact.item) ?? []) {
      history.events.push({ ...event, new_at: fact.new_occurred_at });
    }
  }

  /** The history of an application of an item; undefined where there is none. */
  of(item, number) {
    return this.histories.get(item)?.[number - 1];
  }
}
