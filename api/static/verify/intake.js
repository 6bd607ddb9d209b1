// Receipt, rounds of correction, and acceptance, by act or by silence (B5).

import { dayOf, minutesOf } from "./days.js";

/** What became of an application: receipt, rounds, acceptance, and how it ended. */
export class Intake {
  constructor(rule, days, flags) {
    Object.assign(this, { rule, days, flags });
    this.received = null;
    this.rounds = []; // {from, act, due, stop, lapsed}
    this.acceptance = null; // {kind, day, from}: *from* is the moment the decision is counted from
    this.notice = null; // an unanswered notice of correction
    this.refused = null;
    this.decided = null;
    this.delivered = null;
    this.withdrawn = null;
  }

  /** Take in all *acts*, then judge at *now*. */
  static of(rule, days, flags, acts, now) {
    const intake = new Intake(rule, days, flags);
    for (const act of acts) {
      if (intake.withdrawn !== null) break;
      if (rule.live) intake.presume(act.day);
      intake[`on_${act.type}`]?.(act);
    }
    if (rule.live && intake.withdrawn === null) intake.presume(now.day);
    intake.finish(now);
    return intake;
  }

  /** The round that waits for an answer. */
  get open() {
    const last = this.rounds.at(-1);
    return last !== undefined && last.stop === null && !last.lapsed ? last : null;
  }

  /** Whether there is an application that acts can be about. */
  get exists() {
    return this.received !== null || this.acceptance !== null;
  }

  /** Silence has accepted, if an open round was over before *day* (B5.2). */
  presume(day) {
    const round = this.open;
    if (round === null || day <= round.due || this.acceptance !== null) return;
    round.lapsed = true;
    this.acceptance = { kind: "deemed", day: round.from.day, from: round.from, round };
  }

  on_attest(act) {
    this.presume(act.day);
  }

  on_received(act) {
    if (this.received !== null) {
      this.flags.add("duplicate_receipt");
      return;
    }
    this.received = act;
    this.begin(act);
    if (this.acceptance === null) return;
    this.open.stop = this.acceptance.act;
    if (this.acceptance.kind === "explicit") {
      this.flags.add("accepted_before_receipt");
      if (this.decided === null) this.acceptance.from = this.rounds[0].from;
    }
  }

  begin(act) {
    const from = this.dayZero(act);
    const due = this.rule.intake_days === 0 ? this.onSpot(from) : this.days.nth(from.day, this.rule.intake_days, () => false);
    this.rounds.push({ from, act, due, stop: null, lapsed: false });
  }

  /** The day a receipt counts as: a rest day, or after close of business, is the next one where so published (B5.1). */
  dayZero(act) {
    if (this.rule.intake_shift !== "next_working_day") return act;
    if (this.days.has(act.day) && act.minute < closing(this.rule)) return act;
    return { ...act, day: this.days.after(act.day), minute: 0 };
  }

  /** The last day of a clock of no days (B3.4). */
  onSpot(from) {
    return this.days.has(from.day) && from.minute < closing(this.rule) ? from.day : this.days.after(from.day);
  }

  on_correction_notice(act) {
    if (this.acceptance !== null) {
      this.flags.add(this.acceptance.kind === "deemed" ? "correction_notice_late" : "correction_after_acceptance");
      return;
    }
    const round = this.open;
    if (round === null) return;
    if (this.rounds.length > 1 && act.new_items) {
      this.flags.add("correction_repeated_new_items");
      return;
    }
    round.stop = act;
    this.notice = act;
  }

  on_corrected(act) {
    if (this.notice === null || this.acceptance !== null) return;
    this.notice = null;
    this.begin(act);
  }

  /** The day by which the applicant was to respond; never over where none was set. */
  get respondBy() {
    return this.notice?.respond_by ? dayOf(this.notice.respond_by) : Infinity;
  }

  on_accepted(act) {
    if (this.acceptance !== null) {
      this.flags.add(this.acceptance.kind === "deemed" ? "accepted_after_deemed" : "duplicate_acceptance");
      return;
    }
    this.accept("explicit", act);
  }

  accept(kind, act) {
    this.acceptance = { kind, day: act.day, from: act, act };
    if (this.open !== null) this.open.stop = act;
    this.notice = null;
    this.refused = null;
  }

  on_refused(act) {
    if (this.acceptance !== null) {
      this.flags.add(this.acceptance.kind === "deemed" ? "refused_after_deemed" : "refused_after_acceptance");
    } else if (this.received !== null && this.refused === null) {
      this.refused = act;
      if (this.open !== null) this.open.stop = act;
      this.notice = null;
    }
  }

  on_decided(act) {
    if (this.decided !== null) return;
    if (this.acceptance === null) {
      this.flags.add("decided_without_acceptance");
      this.accept("implied", act);
    }
    this.decided = act;
  }

  on_delivered(act) {
    if (this.decided !== null && this.delivered === null) this.delivered = act;
  }

  on_withdrawn(act) {
    if (!this.exists || this.delivered !== null) return;
    this.withdrawn = act;
  }

  finish(now) {
    if (this.notice !== null && this.withdrawn === null && now.day > this.respondBy) {
      this.flags.add("correction_response_overdue");
    }
  }

  /** What ended the application: a refusal to admit, the decision, or a withdrawal. */
  get end() {
    if (this.decided !== null) return this.decided;
    return this.refused ?? this.withdrawn;
  }

  /** The state of the item, as the golden vectors name it. */
  get state() {
    if (this.withdrawn !== null) return "withdrawn";
    if (this.delivered !== null) return "delivered";
    if (this.decided !== null) return "decided";
    if (this.acceptance !== null) return "in_review";
    if (this.refused !== null) return "refused";
    if (this.notice !== null) return "awaiting_correction";
    return this.received === null ? "nonexistent" : "intake";
  }
}

/** Close of business, in minutes of the day; exclusive. */
const closing = (rule) => minutesOf(rule.close_of_business);
