// The facts as a table: the same, for reading, for screen readers, and for more facts than a picture can hold.

import { el, fill, svg } from "./dom.js";
import { STATUSES, holding, nameOf, sentence, standing, toNumber } from "./days.js";

const ORDER = Object.keys(STATUSES);
const kept = { by: "standing", up: false };

const COLUMNS = [
  ["standing", "Standing", ([a], [b]) => ORDER.indexOf(a.found.status) - ORDER.indexOf(b.found.status) || b.found.belief - a.found.belief],
  ["fact", "Fact", ([a], [b]) => sentence(a.fact).localeCompare(sentence(b.fact))],
  ["belief", "Belief", ([a], [b]) => b.found.belief - a.found.belief],
  ["held", "Held", ([a], [b]) => (b.held?.from ?? "").localeCompare(a.held?.from ?? "")],
  ["papers", "Papers", ([a], [b]) => b.found.support - a.found.support],
];

export function factTable(box, shown) {
  const { facts, day, fact, open, go, entities } = shown;
  const rows = facts.map((each) => ({ fact: each, found: standing(each, day), held: holding(each, day) }));
  const compare = COLUMNS.find(([name]) => name === kept.by)[2];
  rows.sort((a, b) => (kept.up ? -1 : 1) * compare([a], [b]) || sentence(a.fact).localeCompare(sentence(b.fact)));
  const span = range(facts);
  const again = (name) => {
    kept.up = kept.by === name ? !kept.up : false;
    kept.by = name;
    factTable(box, shown);
    box.querySelector(`[data-column="${name}"]`).focus();
  };
  const heads = COLUMNS.map(([name, words]) =>
    el(
      "th",
      { scope: "col", "aria-sort": kept.by === name ? (kept.up ? "descending" : "ascending") : null },
      el("button", { type: "button", class: "plain", "data-column": name, click: () => again(name) }, words, kept.by === name ? (kept.up ? " ▴" : " ▾") : ""),
    ),
  );
  const chosen = fact && JSON.stringify(fact);
  const body = rows.map(({ fact: each, found, held }) =>
    el(
      "tr",
      { class: nameOf(each) === chosen ? "chosen" : null },
      el("td", { "data-label": "Standing" }, el("span", { class: `tag ${found.status}` }, STATUSES[found.status])),
      el("td", { "data-label": "Fact", class: "fact" }, el("button", { type: "button", class: "plain", click: () => open(each) }, sentence(each)), elsewhere(each, entities, go)),
      el("td", { "data-label": "Belief", class: "number" }, spark(each, span, day), found.belief.toFixed(2)),
      el("td", { "data-label": "Held", class: "day" }, held ? `${held.from} to ${ended(held, day)}` : "never"),
      el("td", { "data-label": "Papers", class: "number" }, String(found.support)),
    ),
  );
  const caption = `${rows.length} fact${rows.length === 1 ? "" : "s"}${day ? ` as of ${day}` : ""}`;
  const empty = el("tr", {}, el("td", { colspan: COLUMNS.length, class: "muted" }, "No fact on this day."));
  fill(box, el("table", { class: "facts" }, el("caption", { class: "hidden" }, caption), el("thead", {}, el("tr", {}, heads)), el("tbody", {}, body.length ? body : empty)));
}

const ended = (held, day) => (held.to && (day === null || held.to <= day) ? held.to : day === null ? "now" : "then");

// The way to the other end of a fact.
function elsewhere(fact, entities, go) {
  const others = [[fact.head, fact.head_name], [fact.tail, fact.tail_name]].filter(([key]) => !entities.includes(key));
  return others.map(([key, name]) => el("button", { type: "button", class: "plain muted go", "aria-label": `Go to ${name}`, click: () => go(key) }, "→"));
}

function range(facts) {
  const days = facts.flatMap((fact) => fact.steps.map((step) => toNumber(step[0])));
  return days.length ? [Math.min(...days), Math.max(...days) + 1] : [0, 1];
}

// Belief over time, small; up to the day it is drawn full, after it faint.
function spark(fact, [low, high], day) {
  const x = (each) => (((toNumber(each) - low) / (high - low || 1)) * 62 + 1).toFixed(1);
  const drawn = (steps, until, name) => {
    if (!steps.length) return null;
    const path = steps.map(([on, belief], number) => `${number ? "H" + x(on) + " V" : "M" + x(on) + " "}${(15 - belief * 13).toFixed(1)}`).join(" ");
    return svg("path", { d: `${path} H${until}`, class: name });
  };
  const before = fact.steps.filter((step) => day === null || step[0] <= day);
  const after = fact.steps.slice(Math.max(before.length - 1, 0));
  return svg("svg", { width: 64, height: 17, class: "spark", "aria-hidden": "true" }, day !== null && drawn(after, 63, "faint"), drawn(before, day === null ? 63 : Math.min(63, Math.max(1, x(day))), `line ${fact.status}`));
}
