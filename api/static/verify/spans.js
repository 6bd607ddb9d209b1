// Time that is not counted: suspensions, and which days each takes out (B7).

/** Whether a suspension that begins on day *s* and ends on day *e* takes out a day, by each rule (B7.2). */
const TAKES_OUT = {
  "[s,e)": (day, s, e) => s <= day && day < e,
  "(s,e]": (day, s, e) => s < day && day <= e,
  "(s,e)": (day, s, e) => s < day && day < e,
  "[s,e]": (day, s, e) => s <= day && day <= e,
};
const LAST_OUT_IS_END = new Set(["(s,e]", "[s,e]"]);

/** One suspension: from the act that began it to the act that ended it, or open. */
export class Span {
  constructor(act) {
    this.sid = act.sid;
    this.reason = act.reason;
    this.from = act;
    this.planned = act.planned_until ?? null;
    this.to = null;
  }

  /** Whether it is open at an instant. */
  isOpenAt(instant) {
    return this.from.instant <= instant && (this.to === null || instant < this.to.instant);
  }
}

/** The suspensions that one clock heeds, and what they take out of it. */
export class TimeOut {
  constructor(rule, spans) {
    this.isOut = TAKES_OUT[rule];
    this.spans = spans;
  }

  /** Whether a day is taken out; a suspension that is still open takes out every later day. */
  has(day) {
    return this.spans.some((span) => this.isOut(day, span.from.day, span.to === null ? Infinity : span.to.day));
  }

  /** The same spans as they were when *act* happened: begun before it, and open if they ended later. */
  before(act) {
    const begun = this.spans.filter((span) => span.from.place < act.place);
    return this.#with(begun, (span) => (span.to !== null && span.to.place < act.place ? span.to : null));
  }

  /** The same spans if each that is open ended with *act*, or now; what began behind an act of the same instant did not yet. */
  endedBy(act) {
    const isIn = (other) => (act.place === undefined ? other.instant <= act.instant : other.place <= act.place);
    const begun = this.spans.filter((span) => isIn(span.from));
    return this.#with(begun, (span) => (span.to !== null && isIn(span.to) ? span.to : act));
  }

  #with(spans, end) {
    const result = new TimeOut("[s,e)", []);
    result.isOut = this.isOut;
    result.spans = spans.map((span) => Object.assign(Object.create(Span.prototype), span, { to: end(span) }));
    return result;
  }

  /** Whether any span is open at an instant. */
  isOpenAt(instant) {
    return this.spans.some((span) => span.isOpenAt(instant));
  }
}

/** What takes out no day. */
export const NOTHING_OUT = new TimeOut("[s,e)", []);

/** The last day that a span takes out so far. */
function lastOut(rule, span, today) {
  if (span.to === null) return today;
  return LAST_OUT_IS_END.has(rule) ? span.to.day : span.to.day - 1;
}

/** Whether a span took out more days than notified to the applicant (B7.9). */
export function isOverrun(rule, span, planned, today) {
  return lastOut(rule, span, today) > planned;
}
