// The record as it was known: which events count, when they happened, and in which order (B1).

import { instantOf, localMoment } from "./days.js";

/**
 * The acts that had happened by *t*, by what was known at *known*: corrected, in order, with day and minute of the zone.
 *
 * An act has the fields of its event, and `instant`, `day`, `minute` and `place`.
 */
export function actsOf(events, zone, t, known) {
  const recorded = events.filter((event) => instantOf(event.recorded_at ?? event.at) <= known);
  const places = new Map(recorded.map((event, place) => [event.id, place]));
  const gone = new Set();
  const moved = new Map();
  for (let place = recorded.length - 1; place >= 0; place -= 1) {
    const event = recorded[place];
    const target = places.get(event.target);
    if (gone.has(place) || target === undefined || target >= place) continue; // nothing corrects itself or the future
    if (event.type === "retract") gone.add(target);
    else if (event.type === "amend" && !moved.has(target)) moved.set(target, event.new_at);
  }
  const acts = recorded
    .map((event, place) => ({ event, place }))
    .filter(({ event, place }) => !gone.has(place) && event.type !== "amend" && event.type !== "retract")
    .map(({ event, place }) => moment({ ...event, order: place }, instantOf(moved.get(place) ?? event.at), zone));
  const happened = acts.filter((act) => act.instant <= t).sort((a, b) => a.instant - b.instant || a.order - b.order);
  return happened.map((act, place) => ({ ...act, place }));
}

/** *fields* with the instant, and its day and minute in the zone. */
export function moment(fields, instant, zone) {
  return { ...fields, instant, ...localMoment(instant, zone) };
}
