// The page: one state, which stands in the address; what it needs is fetched, and everything is drawn from both.

import { twoDays } from "./compare.js";
import { STATUSES, daysOf, nameOf, standing, toDay, toNumber } from "./days.js";
import { at, el, fill } from "./dom.js";
import { factPanel } from "./fact.js";
import { network } from "./network.js";
import { combobox } from "./search.js";
import { daySlider, knownSlider } from "./sliders.js";
import { NeedsKey, carried, served } from "./source.js";
import { address, parsed } from "./state.js";
import { factTable } from "./table.js";

const given = JSON.parse(at("given").textContent);
const source = given.file ? carried(given.file) : served(given.paths);
const PAUSE = 150; // milliseconds after a slider moved before the server is asked
const FRESH = 60000; // milliseconds for which an answer is not asked for again
const VIEWS = ["graph", "table", "days"];
const answers = new Map();

let state = parsed(location.hash);
let answer = null; // the neighbourhood that is shown
let detail = null; // the fact that is opened
let panel = null;
let running = null;
let waiting = 0;

const sliders = {
  day: daySlider({ range: at("day"), field: at("day-field"), output: at("day-said"), ticks: at("ticks"), latest: at("latest"), changed: (on) => move({ on }) }),
  known: knownSlider({ range: at("known"), output: at("known-said"), changed: (known) => later(() => turn({ known }, { replace: true })) }),
};
combobox({ input: at("search"), list: at("suggestions"), said: at("found"), source, choose: (one) => turn({ e: [one.key], fact: null, relation: null }), failed });

function later(task) {
  clearTimeout(waiting);
  waiting = setTimeout(task, PAUSE);
}

// Another state, with an entry in the history of the browser, or in place of the last one.
function turn(change, { replace = false } = {}) {
  clearTimeout(waiting);
  state = { ...state, ...change };
  history[replace ? "replaceState" : "pushState"](null, "", address(state));
  return load();
}

// The valid time moves: what is here says where everything stood, unless only a part of the facts is here.
function move(change) {
  state = { ...state, ...change };
  history.replaceState(null, "", address(state));
  draw();
  if (isPart()) later(load);
}

async function remembered(question, ask) {
  const name = JSON.stringify(question);
  const kept = answers.get(name);
  if (kept && Date.now() - kept.at < FRESH) return kept.found;
  const found = await ask();
  answers.set(name, { at: Date.now(), found });
  if (answers.size > 40) answers.delete(answers.keys().next().value);
  return found;
}

const about = (question, signal) => remembered(question, () => source.about(question, signal));

const isPart = () => answer !== null && (answer.isPart || answer.left_out > 0);
const shownStatuses = () => Object.keys(STATUSES).filter((each) => !state.hide.includes(each));

async function load() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  if (!state.e.length) {
    if (given.file) return turn({ e: given.file.entities }, { replace: true });
    answer = detail = null;
    return draw();
  }
  try {
    at("busy").textContent = "Loading";
    const question = { entities: state.e, known: state.known, chosenOn: null, statuses: [], relation: null };
    const partly = isPart() && sameEntities();
    let found = partly ? null : await about(question, signal);
    // Of too many facts those are asked for that stand best on the day, of what is wanted.
    if (partly || (found.left_out && (state.on || state.hide.length || state.relation))) {
      const statuses = state.hide.length ? shownStatuses() : [];
      found = { ...(await about({ ...question, chosenOn: state.on, statuses, relation: state.relation }, signal)), isPart: true };
    }
    const { fact, known } = state;
    const opened = fact ? await remembered({ fact, known }, () => source.fact(fact, known, signal)).catch(gone) : null;
    answer = found;
    detail = opened?.fact ? opened : null;
    at("problem").hidden = true;
    draw();
  } catch (error) {
    if (error.name !== "AbortError") failed(error);
  }
  if (running.signal === signal) at("busy").textContent = "";
}

const sameEntities = () => answer.asked?.join("\n") === state.e.join("\n");

// A fact that is not there at another moment closes; what else goes wrong is told.
function gone(error) {
  if (error.name === "AbortError" || error instanceof NeedsKey) throw error;
  return null;
}

function failed(error) {
  const needsKey = error instanceof NeedsKey;
  at("problem").hidden = false;
  at("problem-said").textContent = error.message;
  at("key-form").hidden = !needsKey;
  if (needsKey) at("key").focus();
}

function draw() {
  at("welcome").hidden = answer !== null;
  at("explored").hidden = answer === null;
  if (answer === null) return;
  answer.asked = state.e;
  drawHead();
  const day = state.on;
  sliders.day.show(answer.facts, day);
  sliders.known.show(answer.moments, state.known);
  const known = answer.facts.filter((fact) => standing(fact, day) !== null && (!state.relation || fact.relation === state.relation));
  drawFilters(known);
  const facts = known.filter((fact) => !state.hide.includes(standing(fact, day).status));
  const shared = { answer, facts, day, fact: state.fact, entities: answer.entities.map((each) => each.key), open, go: (key) => turn({ e: [key], fact: null, relation: null }) };
  for (const view of VIEWS) {
    at(`tab-${view}`).setAttribute("aria-selected", String(state.view === view));
    at(`tab-${view}`).tabIndex = state.view === view ? 0 : -1;
    at(`view-${view}`).hidden = state.view !== view;
  }
  at("explored").classList.toggle("two-days", state.view === "days");
  if (state.view === "graph") network(at("view-graph"), shared);
  if (state.view === "table") factTable(at("view-table"), shared);
  if (state.view === "days") drawDays(shared);
  drawFact();
}

function drawHead() {
  const names = answer.entities.map((each) => each.name);
  document.title = `${names.join(", ")} · ChronoKG`;
  const chips = answer.entities.map((each) =>
    el("li", { class: "chip" }, el("b", {}, each.name), el("span", { class: "muted" }, ` ${each.type} ${each.key}`), answer.entities.length > 1 && el("button", { type: "button", class: "plain", "aria-label": `Leave out ${each.name}`, click: () => turn({ e: state.e.filter((key) => key !== each.key), fact: null }) }, "×")),
  );
  fill(at("entities"), chips);
  const number = answer.facts.length;
  const part = isPart() ? `The ${number} facts that stand best of very many; narrow them down by standing, relation or day.` : "";
  at("part").textContent = given.file ? `${part} This file tells only of ${given.file.names.join(", ")}.`.trim() : part;
}

function drawFilters(known) {
  const counts = new Map();
  for (const fact of known) counts.set(standing(fact, state.on).status, (counts.get(standing(fact, state.on).status) ?? 0) + 1);
  const boxes = Object.entries(STATUSES).map(([status, words]) =>
    el("label", { class: "filter" }, el("input", { type: "checkbox", value: status, checked: !state.hide.includes(status), change: (event) => hide(status, !event.target.checked) }), el("span", { class: `tag ${status}` }, words), el("span", { class: "number" }, isPart() ? "" : ` ${counts.get(status) ?? 0}`)),
  );
  const focused = document.activeElement?.value;
  fill(at("filters"), boxes);
  if (focused && focused in STATUSES) at("filters").querySelector(`[value="${focused}"]`)?.focus();
  const relations = [...new Set([...Object.keys(answer.counts?.relation ?? {}), ...answer.facts.map((fact) => fact.relation)])].sort();
  const options = relations.map((each) => el("option", { value: each }, each.replaceAll("_", " ")));
  fill(at("relation"), el("option", { value: "" }, "all relations"), options);
  at("relation").value = state.relation ?? "";
}

function hide(status, away) {
  const rest = state.hide.filter((each) => each !== status);
  move({ hide: away ? [...rest, status] : rest });
}

function drawDays(shared) {
  const days = daysOf(answer.facts);
  if (!days.length) return;
  const to = state.to ?? days[days.length - 1];
  const from = state.from ?? toDay(Math.round((toNumber(days[0]) + toNumber(to)) / 2));
  at("from").value = from;
  at("to").value = to;
  const facts = answer.facts.filter((fact) => !state.relation || fact.relation === state.relation);
  const drawn = facts.filter((fact) => standing(fact, from) !== null || standing(fact, to) !== null);
  network(at("days-graph"), { ...shared, facts: drawn, days: [from, to] });
  twoDays(at("days-list"), { facts, from, to, open });
}

function drawFact() {
  at("fact").hidden = detail === null;
  at("explored").classList.toggle("with-fact", detail !== null);
  panel = detail === null ? null : factPanel(at("fact"), { detail, day: state.on, open, close: closeFact });
}

async function open(fact) {
  await turn({ fact: JSON.parse(nameOf(fact)) });
  panel?.heading.focus();
}

async function closeFact() {
  await turn({ fact: null });
  at(`tab-${state.view}`).focus();
}

for (const view of VIEWS) {
  at(`tab-${view}`).addEventListener("click", () => turn({ view }));
  at(`tab-${view}`).addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = VIEWS[(VIEWS.indexOf(view) + by + VIEWS.length) % VIEWS.length];
    turn({ view: next });
    at(`tab-${next}`).focus();
  });
}
for (const end of ["from", "to"]) at(end).addEventListener("change", () => move({ [end]: at(end).value || null }));
at("relation").addEventListener("change", () => move({ relation: at("relation").value || null }));
at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  source.useKey(at("key").value);
  at("key").value = "";
  at("problem").hidden = true;
  load();
});
at("add-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("add").value.trim();
  const found = text ? await source.search(text).catch((error) => failed(error)) : null;
  const one = found?.find((each) => each.in_graph !== false);
  if (one) turn({ e: [...new Set([...state.e, one.key])].slice(-8), fact: null });
  else if (found) failed(new Error(`Nothing like "${text}" was found.`));
  at("add").value = "";
});
document.addEventListener("keydown", (event) => {
  const writing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName) && event.target.type !== "range" && event.target.type !== "checkbox";
  if (event.key === "/" && !writing) {
    event.preventDefault();
    at("search").focus();
  }
});
function arrived() {
  state = parsed(location.hash);
  load();
}
addEventListener("popstate", arrived);
addEventListener("hashchange", () => address(state) !== location.hash && arrived());
addEventListener("resize", () => panel?.redraw());
load();
