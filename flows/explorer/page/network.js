// The facts as a graph. Where things are drawn was worked out before (networkx); here they become lines, arrows and words.

import { el, fill, rove, svg } from "./dom.js";
import { between, nameOf, sentence, standing, told } from "./days.js";

const BESIDE = 22; // how much further than the one before an edge between the same two entities bends, in pixels
const SHORT = 13; // how far from the middle of a node an arrow's tip is
const LETTER = 6;
const ROOM = 62; // for a name beside the outermost nodes
const LARGER = 1.4; // than in its own pixels a picture is drawn, where there is room
const ALONG = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74];

export function network(box, { answer, facts, day, days, fact, entities, open, go }) {
  if (!facts.length) return fill(box, el("p", { class: "muted" }, "No fact to draw on this day."));
  const places = new Map(answer.nodes.map((node) => [node.key, node]));
  const bends = bent(answer.facts);
  const drawn = facts.filter((each) => places.has(each.head) && places.has(each.tail));
  const lively = new Set(drawn.flatMap((each) => [each.head, each.tail]));
  const types = [...new Set(answer.nodes.map((node) => node.type))].sort();
  const taken = [...lively].map((key) => nameBox(places.get(key)));
  const chosen = fact && JSON.stringify(fact);
  const edges = drawn.map((each) => {
    const path = course(places.get(each.head), places.get(each.tail), bends.get(nameOf(each)));
    return edge(each, path, { day, days, taken, chosen: nameOf(each) === chosen, open });
  });
  const nodes = answer.nodes.map((each) => node(each, types, { known: lively.has(each.key), shown: entities.includes(each.key), go, drawn }));
  const all = [...nodes.filter((each) => !each.classList.contains("unknown")), ...edges];
  const words = `${drawn.length} fact${drawn.length === 1 ? "" : "s"} between ${lively.size} entities. Arrow keys go through them, Enter opens one.`;
  const across = answer.nodes.map((each) => each.x);
  const [left, right] = [Math.min(...across) - ROOM, Math.max(...across) + ROOM];
  const high = Math.max(...answer.nodes.map((each) => each.y)) + ROOM * 0.8;
  const size = { viewBox: `${left} -10 ${right - left} ${high + 10}`, width: Math.round((right - left) * LARGER) };
  const picture = svg("svg", { ...size, role: "group", "aria-label": words, class: "network" }, edges, nodes);
  fill(box, rove(all, picture), legend(types, days));
}

function bent(facts) {
  const pairs = new Map();
  for (const each of facts) {
    const pair = [each.head, each.tail].sort().join("\n");
    pairs.set(pair, [...(pairs.get(pair) ?? []), nameOf(each)]);
  }
  const found = new Map();
  for (const names of pairs.values()) names.forEach((name, number) => found.set(name, (number - (names.length - 1) / 2) * BESIDE));
  return found;
}

// From one entity to the other by way of a point beside their middle; the side does not depend on the direction.
function course(from, to, bend) {
  const [a, b] = [from, to].sort((one, other) => one.x - other.x || one.y - other.y);
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const by = { x: (from.x + to.x) / 2 - ((b.y - a.y) / length) * bend * 2, y: (from.y + to.y) / 2 + ((b.x - a.x) / length) * bend * 2 };
  const spot = (t) => ({
    x: (1 - t) ** 2 * from.x + 2 * t * (1 - t) * by.x + t * t * to.x,
    y: (1 - t) ** 2 * from.y + 2 * t * (1 - t) * by.y + t * t * to.y,
  });
  const away = Math.hypot(to.x - by.x, to.y - by.y) || 1;
  const [ux, uy] = [(to.x - by.x) / away, (to.y - by.y) / away];
  const tip = { x: to.x - ux * SHORT, y: to.y - uy * SHORT };
  const back = { x: tip.x - ux * 9, y: tip.y - uy * 9 };
  const arrow = [tip, { x: back.x - uy * 4.5, y: back.y + ux * 4.5 }, { x: back.x + uy * 4.5, y: back.y - ux * 4.5 }];
  return { d: `M${from.x} ${from.y} Q${by.x} ${by.y} ${to.x} ${to.y}`, spot, arrow: arrow.map((each) => `${each.x.toFixed(1)},${each.y.toFixed(1)}`).join(" ") };
}

function edge(fact, path, { day, days, taken, chosen, open }) {
  const found = standing(fact, days ? days[1] : day) ?? standing(fact, null);
  const change = days ? `change-${between(fact, ...days)}` : "";
  const words = days ? `${sentence(fact)}: ${CHANGES[between(fact, ...days)]}` : told(fact, day);
  const width = 1 + 3.2 * found.belief;
  return svg(
    "g",
    { role: "button", class: `edge ${found.status} ${change}${chosen ? " chosen" : ""}`, "aria-label": words, click: () => open(fact) },
    svg("title", {}, words),
    svg("path", { d: path.d, class: "touch" }),
    svg("path", { d: path.d, class: "line", "stroke-width": width.toFixed(1) }),
    fact.directed && svg("polygon", { points: path.arrow, class: "tip" }),
    wordOn(fact.relation.replaceAll("_", " "), path, taken),
  );
}

// Near the middle of the line, where it covers no name; where there is no such place the line says it when it is pointed at.
function wordOn(word, path, taken) {
  for (const along of ALONG) {
    const { x, y } = path.spot(along);
    const box = { x, y, wide: word.length * LETTER, high: 13 };
    if (taken.some((other) => covers(box, other))) continue;
    taken.push(box);
    return svg("text", { x: x.toFixed(1), y: (y + 3.5).toFixed(1), class: "word", "aria-hidden": "true" }, word);
  }
  return null;
}

const covers = (one, other) => Math.abs(one.x - other.x) < (one.wide + other.wide) / 2 && Math.abs(one.y - other.y) < (one.high + other.high) / 2;

function lines(name) {
  const found = [""];
  for (const word of name.split(/\s+/)) {
    const last = found[found.length - 1];
    if (last && (last + " " + word).length > 17) found.push(word);
    else found[found.length - 1] = last ? `${last} ${word}` : word;
  }
  const cut = found.slice(0, 2).map((line) => (line.length > 19 ? `${line.slice(0, 18)}…` : line));
  if (found.length > 2) cut[1] = `${cut[1].replace(/…$/, "")} …`;
  return cut;
}

function nameBox(node) {
  const written = lines(node.name);
  return { x: node.x, y: node.y + 5 + 6.5 * written.length, wide: Math.max(...written.map((line) => line.length)) * LETTER, high: 22 + 13 * written.length };
}

function node(each, types, { known, shown, go, drawn }) {
  const number = drawn.filter((fact) => fact.head === each.key || fact.tail === each.key).length;
  const words = `${each.name}, ${each.type}, ${number} fact${number === 1 ? "" : "s"} here`;
  return svg(
    "g",
    { role: known ? "button" : null, "aria-hidden": known ? null : "true", class: `node${known ? "" : " unknown"}${shown ? " centre" : ""}`, "aria-label": known ? words : null, click: known ? () => go(each.key) : null },
    svg("title", {}, `${each.name} (${each.type}, ${each.key})`),
    svg("circle", { cx: each.x, cy: each.y, r: shown ? 9 : 7, class: `type-${types.indexOf(each.type) % 6}` }),
    svg("text", { y: each.y + 11 }, lines(each.name).map((line, place) => svg("tspan", { x: each.x, dy: place ? 13 : 9 }, line))),
  );
}

export const CHANGES = {
  began: "began to hold",
  returned: "holds again",
  ended: "stopped holding",
  contested: "came up, contested",
  moved: "holds, with another belief",
  same: "as before",
  passed: "came up, and does not hold",
  unknown: "not known yet",
};

function legend(types, days) {
  const key = (mark, words) => el("li", {}, svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, mark), words);
  const line = (name) => svg("g", { class: `edge ${name}` }, svg("path", { d: "M1 7 H21", class: "line", "stroke-width": 3 }));
  const facts = days
    ? [["current change-began", "began, or holds again"], ["current change-moved", "holds on both"], ["superseded change-ended", "stopped holding"], ["contested", "contested"]]
    : [["current", "holds: the thicker, the more believed"], ["superseded", "overturned, does not hold"], ["contested", "contested, never held"], ["withdrawn", "withdrawn"]];
  const dots = types.map((type, number) => key(svg("circle", { cx: 11, cy: 7, r: 6, class: `type-${number % 6}` }), type || "no type"));
  return el("ul", { class: "legend" }, facts.map(([name, words]) => key(line(name), words)), dots);
}
