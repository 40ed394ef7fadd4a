// The two clocks: when something was so, and what was known of it. Arrow keys go from one change to the next.

import { fill, svg } from "./dom.js";
import { daysOf, toDay, toNumber, written, writtenMoment } from "./days.js";

export function daySlider({ range, field, output, ticks, latest, changed }) {
  let stops = [];

  function show(facts, day) {
    stops = daysOf(facts).map(toNumber);
    const none = !stops.length;
    for (const each of [range, field, latest]) each.disabled = none;
    if (none) return;
    range.min = stops[0] - 1;
    range.max = stops[stops.length - 1] + 1;
    field.min = toDay(stops[0] - 1);
    set(day);
    draw(facts);
  }

  function set(day) {
    range.value = day === null ? range.max : toNumber(day);
    field.value = day ?? "";
    const words = day === null ? "today, all that was published" : written(day);
    output.textContent = words;
    range.setAttribute("aria-valuetext", words);
    latest.disabled = day === null;
  }

  const chosen = (number) => (number >= Number(range.max) ? null : toDay(number));

  // How many changes there were, in sixty parts of the time: a picture only, the list of changes says it in words.
  function draw(facts) {
    const parts = 60;
    const [low, high] = [Number(range.min), Number(range.max)];
    const counts = new Array(parts).fill(0);
    for (const fact of facts) for (const step of fact.steps) counts[Math.min(parts - 1, Math.floor(((toNumber(step[0]) - low) / (high - low || 1)) * parts))] += 1;
    const most = Math.max(...counts, 1);
    const bars = counts.map((count, number) => count && svg("rect", { x: number + 0.15, y: 10 - (9 * count) / most - 1, width: 0.7, height: (9 * count) / most + 1 }));
    fill(ticks, svg("svg", { viewBox: `0 0 ${parts} 10`, preserveAspectRatio: "none", "aria-hidden": "true" }, bars.filter(Boolean)));
  }

  range.addEventListener("input", () => changed(chosen(Number(range.value))));
  range.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 365, PageDown: -365 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const now = Number(range.value);
    let next = now + by;
    if (Math.abs(by) === 1 && !event.shiftKey) {
      next = by > 0 ? (stops.find((stop) => stop > now) ?? Number(range.max)) : (stops.findLast((stop) => stop < now) ?? Number(range.min));
    }
    changed(chosen(Math.max(Number(range.min), Math.min(Number(range.max), next))));
  });
  field.addEventListener("change", () => changed(field.value || null));
  latest.addEventListener("click", () => {
    changed(null);
    range.focus();
  });
  return { show, set };
}

export function knownSlider({ range, output, changed }) {
  let moments = [];

  function show(told, known) {
    moments = told;
    range.max = moments.length;
    range.disabled = moments.length < 2;
    const place = known === null ? moments.length : moments.findLastIndex((each) => Date.parse(each) <= Date.parse(known));
    range.value = Math.max(place, 0);
    say(known);
  }

  function say(known) {
    const words = known === null ? "now, all that is recorded" : writtenMoment(new Date(known).toISOString());
    output.textContent = words;
    range.setAttribute("aria-valuetext", words);
  }

  range.addEventListener("input", () => {
    const known = moments[Number(range.value)] ?? null;
    say(known);
    changed(known);
  });
  return { show };
}
