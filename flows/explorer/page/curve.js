// Belief in a fact over time, with its papers as marks and the facts that it met; below it, when each of them held.

import { fill, rove, svg } from "./dom.js";
import { sentence, standing, toDay, toNumber } from "./days.js";

const TOP = 150; // height of the curve, in pixels
const LANE = 34;
const [LEFT, RIGHT, ROOM] = [34, 10, 8];

export function beliefCurve(box, { detail, day, point }) {
  const { fact, rivals, papers } = detail;
  const facts = [fact, ...rivals];
  const notices = [...new Set(papers.map((paper) => paper.retracted_on).filter(Boolean))];
  const numbers = [...facts.flatMap((each) => each.steps.map((step) => step[0])), ...papers.map((paper) => paper.on), ...notices].map(toNumber);
  if (!numbers.length) return fill(box);
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  const margin = Math.max((last - first) * 0.05, 20);
  const [low, high] = [first - margin / 2, last + margin];
  const width = Math.max(box.clientWidth || 560, 300);
  const x = (number) => LEFT + ((number - low) / (high - low)) * (width - LEFT - RIGHT);
  const y = (belief) => ROOM + (1 - belief) * (TOP - ROOM);
  const height = TOP + 26 + LANE * facts.length;
  const place = { x, y, width, high, papers, fact };
  const marks = marksOf(place, point);
  const words = `Belief in "${sentence(fact)}" from ${toDay(first)} to ${toDay(last)}, with ${papers.length} papers; arrow keys go through them. All of it is in the lists below.`;
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, height, class: "curve", role: "group", "aria-label": words },
    axes(place, height, low),
    notices.map((on) => notice(on, x, height)),
    facts.map((each, number) => steps(each, number, place)).reverse(),
    facts.map((each, number) => lane(each, number, place)),
    day !== null && toNumber(day) >= low && toNumber(day) <= high && svg("path", { d: `M${x(toNumber(day)).toFixed(1)} 0 V${height - 18}`, class: "now" }),
    marks,
  );
  fill(box, rove(marks, picture));
}

function axes({ x, y, width, high }, height, low) {
  const levels = [0, 0.25, 0.5, 0.75, 1].map((level) => [
    svg("path", { d: `M${LEFT} ${y(level)} H${width - RIGHT}`, class: "grid" }),
    svg("text", { x: LEFT - 6, y: y(level) + 4, class: "axis end" }, level.toFixed(2)),
  ]);
  const [from, to] = [Number(toDay(Math.ceil(low)).slice(0, 4)), Number(toDay(Math.floor(high)).slice(0, 4))];
  const fits = Math.max(Math.floor((width - LEFT) / 60), 2);
  const apart = [1, 2, 5, 10, 20, 50, 100, 200].find((each) => (to - from) / each <= fits) ?? 500;
  const years = [];
  for (let year = Math.ceil(from / apart) * apart; year <= to; year += apart) {
    const at = toNumber(`${String(year).padStart(4, "0")}-01-01`);
    if (at < low) continue;
    years.push(svg("path", { d: `M${x(at).toFixed(1)} ${y(0)} v4`, class: "grid" }), svg("text", { x: x(at).toFixed(1), y: height - 4, class: "axis middle" }, String(year)));
  }
  return [levels.flat(), years];
}

function steps(fact, number, { x, y, high }) {
  const drawn = [];
  fact.steps.forEach(([on, belief, , status], place) => {
    const next = fact.steps[place + 1];
    const until = next ? toNumber(next[0]) : high;
    const holds = status === "current" ? "" : " apart";
    drawn.push(svg("path", { d: `M${x(toNumber(on)).toFixed(1)} ${y(belief).toFixed(1)} H${x(until).toFixed(1)}`, class: `line colour-${number % 6}${holds}${number ? " rival" : ""}` }));
    if (next) drawn.push(svg("path", { d: `M${x(until).toFixed(1)} ${y(belief).toFixed(1)} V${y(next[1]).toFixed(1)}`, class: `rise colour-${number % 6}` }));
  });
  return drawn;
}

// A bar for each time that a fact held, below its name.
function lane(fact, number, { x, width, high }) {
  const top = TOP + 8 + LANE * number;
  const bars = fact.intervals.map((each) => {
    const [from, to] = [x(toNumber(each.from)), x(each.to ? toNumber(each.to) : high)];
    return svg("rect", { x: from.toFixed(1), y: top + 16, width: Math.max(to - from, 1.5).toFixed(1), height: 8, class: `bar colour-${number % 6}` });
  });
  const fits = Math.floor((width - LEFT) / 6.4);
  const words = sentence(fact) + (fact.intervals.length ? "" : " (never held)");
  const name = svg("text", { x: LEFT, y: top + 12, class: `lane colour-${number % 6}` }, words.length > fits ? `${words.slice(0, fits - 1)}…` : words);
  return [svg("path", { d: `M${LEFT} ${top + 20} H${width - RIGHT}`, class: "grid" }), bars, name];
}

function notice(on, x, height) {
  const at = x(toNumber(on)).toFixed(1);
  return [svg("path", { d: `M${at} 0 V${height - 18}`, class: "notice" }), svg("text", { x: at, y: 10, dx: -4, class: "axis end down" }, "retraction")];
}

export function says(paper) {
  const verb = paper.polarity === "denies" ? "denies it" : "asserts it";
  return paper.retracted ? `${verb}; retracted, counts for nothing` : verb;
}

// Triangles point up for, down against; hollow ones were retracted. Those of one day stand above each other.
function marksOf({ x, y, papers, fact }, point) {
  const beside = new Map();
  return papers.map((paper) => {
    const up = paper.polarity !== "denies";
    const found = standing(fact, paper.on);
    const spot = `${paper.on}${up}`;
    const before = beside.get(spot) ?? 0;
    beside.set(spot, before + 1);
    const [mx, my] = [x(toNumber(paper.on)), Math.max(10, Math.min(TOP - 6, y(found ? found.belief : 0) + (up ? -8 - 11 * before : 8 + 11 * before)))];
    const side = up ? 1 : -1;
    const shape = `M${mx.toFixed(1)} ${(my - 6 * side).toFixed(1)} l6 ${11 * side} h-12 Z`;
    const words = `${paper.published}, ${paper.document} ${says(paper)}, confidence ${paper.confidence.toFixed(2)}`;
    return svg("g", { role: "button", class: `paper ${up ? "up" : "down"}${paper.retracted ? " retracted" : ""}`, "aria-label": words, click: () => point(paper) }, svg("title", {}, words), svg("path", { d: shape }));
  });
}
