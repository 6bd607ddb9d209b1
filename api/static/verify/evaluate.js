// The working-day clock of China's Administrative Licensing Law, written from the rule book alone (part B).
//
// `evaluate` answers a question in the shape of the golden vectors. It shares no code with the server's clock.

import { Count, RED, levelOf, shown } from "./clock.js";
import { WorkingDays, dayOf, dayText, instantOf, localMoment, monthsLater } from "./days.js";
import { Intake } from "./intake.js";
import { actsOf, moment } from "./record.js";
import { NOTHING_OUT, Span, TimeOut, isOverrun } from "./spans.js";

const CARD_RED = ["intake", "lower_review", "decision", "delivery", "hearing_hold", "renewal_guard"];
const CARD_YELLOW = ["commitment", "countersign"];

/** The state at *t* by what was known at *known* (both RFC 3339), for a fully expanded *rule*. */
export function evaluate(rule, events, calendar, t, known = t) {
  const knownAt = instantOf(known);
  const days = new WorkingDays(calendar, localMoment(knownAt, rule.zone).day);
  const now = moment({}, instantOf(t), rule.zone);
  return new Case(rule, days, actsOf(events, rule.zone, now.instant, knownAt), now).answer();
}

/** The name of a question to a department. */
function nameOf(act) {
  return act.step ? `${act.dept}/${act.step}` : act.dept;
}

/** One application, judged at one moment. */
class Case {
  constructor(rule, days, acts, now) {
    Object.assign(this, { rule, days, acts, now });
    this.flags = new Set();
    this.clocks = {};
    this.deemed = null;
    this.intake = Intake.of(rule, days, this.flags, acts, now);
    const { received, acceptance } = this.intake;
    this.first = Math.min(...[received, acceptance?.act].filter(Boolean).map((act) => act.place)); // before: no case
    const attests = acts.filter((act) => act.type === "attest" && act.place >= this.first);
    this.attested = Math.max(-Infinity, ...attests.map((act) => act.day));
  }

  answer() {
    const { intake, rule } = this;
    if (intake.exists) {
      this.addSuspensions();
      this.addIntake();
      if (intake.acceptance !== null) this.addReview();
      this.addConsultations();
      this.addHearing();
      if (rule.licence_expiry !== null && !this.isFiledInTime) this.flags.add("renewal_filed_late");
    }
    this.addExtensionFlags();
    return {
      item_state: intake.state,
      acceptance: intake.acceptance && { kind: intake.acceptance.kind, date: dayText(intake.acceptance.day) },
      deemed: this.deemed,
      card: this.card(),
      flags: [...this.flags].sort(),
      clocks: this.clocks,
    };
  }

  /** Reads the suspensions: when each began and ended, and what is irregular about them (B7). */
  addSuspensions() {
    const { rule, intake, flags } = this;
    const open = new Map();
    const { first } = this;
    const end = intake.end;
    this.about = this.acts.filter((act) => act.place >= first && !this.isAfter(act, end)); // while it went on
    const spans = [];
    for (const act of this.acts.filter((each) => each.place >= first)) {
      if (act.type === "suspend" && open.has(act.sid)) flags.add("duplicate_suspend");
      else if (act.type === "suspend") spans.push(this.suspend(act, open));
      else if (act.type === "resume" && !open.has(act.sid)) flags.add("resume_without_suspend");
      else if (act.type === "resume") {
        open.get(act.sid).to = act;
        open.delete(act.sid);
      }
    }
    this.spans = spans.filter((span) => !this.isAfter(span.from, end));
    for (const span of this.spans) if (end !== null && (span.to === null || this.isAfter(span.to, end))) span.to = end;
    for (const span of this.spans.filter((each) => each.planned !== null)) {
      if (isOverrun(rule.suspension_day_rule, span, dayOf(span.planned), this.now.day)) {
        flags.add(`suspension_overrun:${span.sid}`);
      }
    }
  }

  /** A suspension begins; where its ground or its notice is irregular, it says so (B7.1, B7.9). */
  suspend(act, open) {
    const { rule, flags } = this;
    if (!rule.statutory_suspend_reasons.includes(act.reason)) flags.add(`suspend_no_statutory_ground:${act.reason}`);
    if (act.notified === false) flags.add(`suspend_not_notified:${act.sid}`);
    open.set(act.sid, new Span(act));
    return open.get(act.sid);
  }

  /** The suspensions on the grounds that a clock has. */
  timeOut(reasons) {
    const heeded = this.spans.filter((span) => reasons.includes(span.reason));
    return new TimeOut(this.rule.suspension_day_rule, heeded);
  }

  count(from, length, timeOut = NOTHING_OUT) {
    return new Count(this.days, from.day, length, timeOut, this.intake.onSpot(from));
  }

  /** Adds a clock; one of a department outside the system is unconfirmed until attested (B11.1). */
  add(name, count, options = {}) {
    const clock = shown(count, this.now, { yellow: this.rule.yellow, ...options });
    if (clock.state === "overdue" && !options.isInSystem && !this.rule.live && this.attested <= count.due) {
      Object.assign(clock, { state: "unconfirmed", level: "yellow", overdue_days: 0 });
    }
    this.clocks[name] = clock;
    return clock;
  }

  addIntake() {
    this.intake.rounds.forEach((round, place) => {
      const count = this.count(round.from, this.rule.intake_days);
      const end = this.intake.withdrawn;
      const isVoid = round.stop === null && !round.lapsed && end !== null;
      const stop = round.lapsed ? { day: round.due } : isVoid ? end : round.stop;
      this.add(`intake#${place + 1}`, count, { stop, isVoid, state: round.lapsed ? "lapsed" : null });
    });
  }

  /** Everything that runs from the acceptance on (B4). */
  addReview() {
    const { intake, rule } = this;
    const begun = Math.min(intake.acceptance.from.place, intake.acceptance.act?.place ?? Infinity);
    const inForce = this.acts.filter((act) => act.place >= begun && !this.isAfter(act, intake.withdrawn));
    const first = (type) => inForce.find((act) => act.type === type && !this.isAfter(act, intake.decided)) ?? null;
    const from = intake.acceptance.from;
    this.starts = {};
    const stop = intake.decided;
    if (rule.mode === "lower_review") {
      const forwarded = first("forwarded");
      this.starts.lower_review = { from, stop: forwarded ?? stop, terms: rule.lower_review };
      const upper = first("upper_received");
      if (upper !== null) this.starts.decision = { from: upper, stop, terms: rule.decision };
    } else this.starts.decision = { from, stop, terms: rule.decision };
    if (rule.commitment !== null) this.starts.commitment = { from, stop, terms: rule.commitment };
    for (const [name, clock] of Object.entries(this.starts)) {
      const reasons = name === "commitment" ? rule.commitment_suspend_reasons : rule.statutory_suspend_reasons;
      clock.timeOut = this.timeOut(reasons);
      clock.length = clock.terms.days;
    }
    this.extend(inForce);
    for (const [name, { from: start, stop: stopped, length, timeOut }] of Object.entries(this.starts)) {
      this.addOrVoid(name, this.count(start, length, timeOut), stopped);
    }
    if (intake.decided !== null && intake.decided.outcome === "granted") {
      this.addOrVoid("delivery", this.count(intake.decided, rule.delivery_days), intake.delivered, {
        endsWithDecision: false,
      });
    }
    if (rule.licence_expiry !== null) this.addGuard();
    this.addTolerance();
    this.addPostCheck(inForce);
  }

  /** Papers that were missing at acceptance, due in days of the applicant's own (B4, tolerance cure). */
  addTolerance() {
    const { act } = this.intake.acceptance;
    if (!act?.cure_days || act.type !== "accepted") return;
    const papers = this.about.find((each) => each.type === "papers_received" && each.place > act.place) ?? null;
    const clock = this.addOrVoid("tolerance_cure", this.count(act, act.cure_days), papers, { isInSystem: true });
    clock.level = "none";
  }

  /** The check of an undertaking, some months after the grant (B4, post-check). */
  addPostCheck(inForce) {
    const { decided, withdrawn } = this.intake;
    const months = this.rule.post_check_months ?? 0;
    if (!months || decided?.outcome !== "granted" || !decided.on_undertaking) return;
    const due = this.days.onOrAfter(monthsLater(decided.day, months));
    const count = this.count(decided, this.days.between(decided.day, due));
    const checked = inForce.find((act) => act.type === "checked" && act.place > decided.place) ?? null;
    if (checked !== null || withdrawn === null) this.add("post_check", count, { stop: checked });
    else this.add("post_check", count, { stop: withdrawn, isVoid: true });
  }

  /** Adds a clock that ends with the application: by its own stop, else void (B3.8). */
  addOrVoid(name, count, stop, { endsWithDecision = true, ...options } = {}) {
    const { intake } = this;
    if (stop !== null) return this.add(name, count, { ...options, stop });
    const end = endsWithDecision ? intake.end : intake.withdrawn;
    return this.add(name, count, { ...options, ...(end === null ? {} : { stop: end, isVoid: true }) });
  }

  isAfter(act, other) {
    return other !== null && act.place > other.place;
  }

  /** Judges every extension in the order of approval (B8). */
  extend(inForce) {
    this.extended = new Set();
    this.judged = new Set();
    for (const act of inForce.filter((each) => each.type === "extension")) {
      this.judged.add(act);
      const name = act.clock ?? "decision";
      const fault = this.extensionFault(name, act);
      if (fault !== null) {
        this.flags.add(`${fault}:${name}`);
        continue;
      }
      this.starts[name].length += act.days;
      this.extended.add(name);
      if (act.notified === false) this.flags.add(`extension_not_notified:${name}`);
    }
  }

  extensionFault(name, act) {
    const clock = this.starts[name];
    const isBeforeReceipt = this.intake.received !== null && act.place < this.intake.received.place;
    if (clock === undefined || isBeforeReceipt || act.place < clock.from.place) return "extension_outside_clock";
    if (clock.stop !== null && act.place > clock.stop.place) return "extension_outside_clock";
    if (this.extended.has(name)) return "extension_repeated";
    if (act.days > clock.terms.max_extension) return "extension_exceeds_limit";
    const due = this.count(clock.from, clock.length, clock.timeOut.before(act)).due;
    return due !== null && act.day > due ? "extension_late" : null;
  }

  /** Extensions that met no clock at all are flagged as well, never dropped (B8.2). */
  addExtensionFlags() {
    for (const act of this.acts) {
      if (act.type !== "extension" || this.judged?.has(act)) continue;
      this.flags.add(`extension_outside_clock:${act.clock ?? "decision"}`);
    }
  }

  /** A clock for each department asked, and step (B9.2, B9.3). */
  addConsultations() {
    if (this.rule.countersign === null) return;
    const consultations = new Map();
    for (const act of this.about) {
      if (act.type === "application_revised") this.endAll(consultations, act);
      if (act.type === "countersign_request" && act.replaces !== undefined) this.replace(consultations, act);
      const name = nameOf(act);
      if (act.type === "countersign_request" && !consultations.has(name)) consultations.set(name, { act, stop: null, isVoid: false });
      const open = consultations.get(name);
      if (act.type === "countersign_reply" && open && open.stop === null) open.stop = act;
      if (act.type === "countersign_recall" && open && open.stop === null) Object.assign(open, { stop: act, isVoid: true });
    }
    for (const [name, { act, stop, isVoid }] of consultations) this.addConsultation(name, act, stop, isVoid);
  }

  /** A change of the papers ends every open question without a verdict. */
  endAll(consultations, act) {
    for (const open of consultations.values()) if (open.stop === null) Object.assign(open, { stop: act, isVoid: true });
  }

  /** A question that takes the place of another one to the same department ends that. */
  replace(consultations, act) {
    const open = consultations.get(act.replaces ? `${act.dept}/${act.replaces}` : act.dept);
    if (act.replaces !== null && open?.stop === null) Object.assign(open, { stop: act, isVoid: true });
  }

  addConsultation(name, act, stop, isVoid) {
    const { rule, intake, flags } = this;
    const count = this.count(act, act.days ?? rule.countersign.days);
    const end = stop ?? intake.end ?? this.now;
    if (rule.countersign.on_silence === "deemed_consent" && count.due < end.day) {
      flags.add(`countersign_deemed:${name}`);
      const answers = this.acts.filter((each) => each.type === "countersign_reply" && each.place > act.place);
      if (answers.some((each) => nameOf(each) === name && !this.isAfter(each, intake.withdrawn))) flags.add(`countersign_reply_after_deemed:${name}`);
      this.add(`countersign:${name}`, count, { stop: { day: count.due }, state: "deemed" });
    } else if (isVoid) this.add(`countersign:${name}`, count, { stop, isVoid });
    else this.addOrVoid(`countersign:${name}`, count, stop, { isInSystem: true });
  }

  /** Whether silence until the end of a day may be presumed (B11). */
  silenceCounts(due) {
    return this.rule.live || this.attested > due;
  }

  /** The applicant's window, the agency's twenty days, and the notice (B9.4, B9.7). */
  addHearing() {
    const { rule, intake, flags } = this;
    const first = (type) => this.about.find((act) => act.type === type) ?? null;
    const notice = first("hearing_told");
    const requested = first("hearing_requested");
    const held = this.about.find((act) => act.type === "hearing_held" && requested && act.place > requested.place) ?? null;
    let isLate = false;
    if (notice !== null) {
      const count = this.count(notice, rule.hearing.request_days);
      const end = intake.end;
      isLate = requested !== null && requested.day > count.due;
      if (isLate) flags.add("hearing_request_late");
      const isOver = this.now.day > count.due && (end === null || end.day > count.due);
      if (requested !== null && !isLate) this.add("hearing_request", count, { stop: requested, isUncoloured: true });
      else if (isOver) this.add("hearing_request", count, { stop: { day: count.due }, state: "lapsed" });
      else if (end !== null) this.add("hearing_request", count, { stop: end, isVoid: true });
      else this.add("hearing_request", count, { isUncoloured: true });
      this.clocks.hearing_request.level = "none";
      if (intake.decided !== null && requested === null && intake.decided.day <= count.due) {
        flags.add("decided_before_hearing_window_closed");
      }
    }
    const isNotice = (act) => act.type === "hearing_notice" && act.place >= this.first;
    for (const act of this.acts.filter((each) => isNotice(each) && !this.isAfter(each, intake.withdrawn))) {
      const between = this.days.between(act.day, dayOf(act.hearing_date) - 1);
      if (between < rule.hearing.notice_clear_days) flags.add("hearing_notice_short");
    }
    if (requested !== null && !isLate) this.addOrVoid("hearing_hold", this.count(requested, rule.hearing.hold_days), held);
  }

  /** Whether a renewal was asked for early enough (B9.6). */
  get isFiledInTime() {
    const filed = this.intake.rounds[0]?.from ?? this.intake.acceptance.act;
    return filed.day <= dayOf(this.rule.licence_expiry) - this.rule.renewal.file_before_days;
  }

  /** The licence that is to be renewed: its last day ends the clock (B9.6, B9.7). */
  addGuard() {
    const { rule, intake, days, now } = this;
    const expiry = dayOf(rule.licence_expiry);
    const isTimely = this.isFiledInTime;
    const stop = intake.decided ?? intake.withdrawn;
    const isStopped = stop !== null && stop.day <= expiry;
    const through = isStopped ? stop.day : now.day - 1;
    const remaining = days.between(Math.max(through, intake.acceptance.day - 1), expiry);
    let state = "running";
    if (isStopped) state = intake.decided !== null ? "met" : "void";
    else if (now.day > expiry && (intake.decided !== null || this.silenceCounts(expiry))) state = isTimely ? "deemed" : "lapsed";
    else if (now.day > expiry) state = intake.withdrawn !== null ? "void" : "unconfirmed";
    if (state === "deemed") this.deemed = { kind: "renewed", from: dayText(expiry + 1) };
    this.clocks.renewal_guard = {
      start: dayText(intake.acceptance.from.day),
      length: null,
      due: rule.licence_expiry,
      earliest_due: null,
      yellow_from: null,
      used: null,
      remaining,
      overdue_days: 0,
      state,
      level: levelOf(state, remaining, rule.renewal.yellow_days),
      provisional: expiry > days.horizon,
    };
  }

  /** The colour of the item (B10.4). */
  card() {
    const bad = Object.entries(this.clocks).filter(([, clock]) => RED.has(clock.state));
    const kinds = new Set(bad.map(([name]) => name.split(/[#:]/)[0]));
    if (CARD_RED.some((kind) => kinds.has(kind))) return "red";
    return CARD_YELLOW.some((kind) => kinds.has(kind)) ? "yellow" : "none";
  }
}
