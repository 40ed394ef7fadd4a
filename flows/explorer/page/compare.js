// Two days beside each other: what began, what stopped holding, and where belief moved.

import { CHANGES } from "./network.js";
import { between, sentence, standing } from "./days.js";
import { el, fill } from "./dom.js";

const TOLD = ["began", "returned", "ended", "contested", "passed", "moved"];

export function twoDays(box, { facts, from, to, open }) {
  const kinds = new Map(TOLD.map((kind) => [kind, []]));
  for (const fact of facts) kinds.get(between(fact, from, to))?.push(fact);
  const parts = [...kinds].filter(([, some]) => some.length).map(([kind, some]) => [
    el("h3", {}, `${some.length} ${CHANGES[kind]}`),
    el("ul", { class: "met" }, some.map((fact) => el("li", {}, el("button", { type: "button", class: "plain", click: () => open(fact) }, sentence(fact)), el("span", { class: "muted" }, ` ${beliefs(fact, from, to)}`)))),
  ]);
  fill(box, parts.length ? parts.flat() : el("p", { class: "muted" }, "Nothing stands otherwise on the second day than on the first."));
}

function beliefs(fact, from, to) {
  const [a, b] = [standing(fact, from), standing(fact, to)];
  const word = (each) => (each === null ? "not known" : each.belief.toFixed(2));
  return `belief ${word(a)} → ${word(b)}`;
}
