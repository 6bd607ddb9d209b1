// Expands a law pack, as it is in a bundle, to the full rule of one item's clocks (rule book, B4 and B6).

const YELLOW = { num: 1, den: 5, min: 1 }; // B10.1
const WORKING_DAYS = new Set([undefined, "working_day"]);

/** The rule can't be expanded here: its law is counted otherwise than the working-day clock counts. */
export class OtherLawError extends Error {}

/** The law, or its calendar, is not in the bundle. */
export class MissingLawError extends Error {}

/** The parts of a law's recorded name: `id@version+calendar/special`. */
export function nameParts(name) {
  const [, version, calendar = "", special = ""] = /^([^+/]+)(?:\+([^/]+))?(?:\/(.+))?$/.exec(name) ?? [];
  return { version, calendar, special };
}

/**
 * The rule for an item: *terms* are its mode, special law, promise, limit, licence, hours, and whether it is live.
 *
 * Throws OtherLawError for laws and special laws that are not counted in working days from acceptance.
 */
export function ruleOf(pack, terms) {
  const special = terms.special ? pack.specials?.[terms.special] : undefined;
  if (terms.special && special === undefined) throw new OtherLawError(terms.special);
  const clocks = { ...pack.clocks, ...special?.clocks };
  const decision = forMode(clocks.decision, terms.mode);
  const { intake, lower_review: lower, countersign, delivery } = clocks;
  const isCounted = intake && countersign && delivery && lower && decision?.start?.includes("accepted");
  if (!isCounted || [decision, intake, lower, delivery].some((clock) => !WORKING_DAYS.has(clock.unit))) {
    throw new OtherLawError(terms.special || pack.id);
  }
  const grounds = [...(pack.grounds ?? []), ...(special?.grounds ?? [])];
  const stopping = (clock) => grounds.filter((ground) => ground.stops.includes(clock)).map((ground) => ground.reason);
  const period = (clock, days = clock.days) => ({ days, max_extension: clock.extension?.days_max ?? 0 });
  return {
    zone: pack.zone,
    mode: terms.mode,
    intake_days: intake.days,
    intake_shift: terms.hours?.intake_shift ?? intake.start_shift ?? "none",
    close_of_business: terms.hours?.close_of_business ?? pack.close_of_business.slice(0, 5),
    decision: period(decision, terms.limit ?? decision.days),
    lower_review: period(lower),
    commitment: terms.promise === null ? null : period(clocks.commitment ?? {}, terms.promise),
    delivery_days: delivery.days,
    countersign: { days: countersign.days, on_silence: countersign.on_silence ?? "overdue" },
    hearing: {
      request_days: clocks.hearing_request.days,
      hold_days: clocks.hearing_hold.days,
      notice_clear_days: clocks.hearing_notice.days,
    },
    suspension_day_rule: clocks.decision.suspension_day_rule ?? pack.clocks.decision.suspension_day_rule ?? "[s,e)",
    statutory_suspend_reasons: stopping("decision"),
    commitment_suspend_reasons: stopping("commitment"),
    yellow: decision.yellow ?? YELLOW,
    licence_expiry: terms.licenceExpiry,
    live: terms.live,
    renewal: { file_before_days: clocks.renewal_filing.days, yellow_days: clocks.renewal_guard.yellow.min },
    post_check_months: clocks.post_check?.days ?? 0,
  };
}

/** A clock as it is in one mode of handling. */
function forMode(clock, mode) {
  return clock && { ...clock, ...clock.modes?.[mode] };
}
