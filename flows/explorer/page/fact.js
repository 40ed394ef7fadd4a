// One fact, opened: where it stands, how belief in it went, what overturned it because of which sentences, and all of its papers.

import { beliefCurve, says } from "./curve.js";
import { STATUSES, holding, sentence, standing } from "./days.js";
import { el, fill, link, svg } from "./dom.js";

export function factPanel(box, { detail, day, open, close }) {
  const { fact } = detail;
  const heading = el("h2", { tabindex: "-1", id: "fact-heading" }, sentence(fact));
  const curve = el("div", { class: "picture" });
  const point = (paper) => {
    const item = box.querySelector(`[data-paper="${CSS.escape(paper.document)}-${paper.polarity}"]`);
    if (!item) return;
    item.scrollIntoView({ block: "center" });
    item.focus();
  };
  fill(
    box,
    el("button", { type: "button", class: "close", "aria-label": "Close this fact", click: close }, "×"),
    heading,
    stands(fact, day),
    curve,
    key(),
    met(detail, day, open),
    history(detail, day),
    papers(detail, day),
  );
  beliefCurve(curve, { detail, day, point });
  return { redraw: () => beliefCurve(curve, { detail, day, point }), heading };
}

function stands(fact, day) {
  const found = standing(fact, day);
  const when = day === null ? "Today" : `As of ${day}`;
  if (!found) return el("p", {}, `${when}: nothing had been published on it yet.`);
  const held = holding(fact, day);
  const since = found.status === "current" && held ? ` since ${held.from}` : found.status === "superseded" && held ? `; it held from ${held.from} to ${held.to}` : "";
  const papers = found.support === 1 ? "1 paper asserts it" : `${found.support} papers assert it`;
  return el("p", {}, `${when}: `, el("span", { class: `tag ${found.status}` }, STATUSES[found.status]), `${since}. Belief ${found.belief.toFixed(2)}; ${papers}.`);
}

function key() {
  const mark = (words, ...shapes) => el("li", {}, svg("svg", { width: 20, height: 14, "aria-hidden": "true" }, shapes), words);
  const line = (name) => svg("path", { d: "M1 7 H19", class: `line colour-0 ${name}` });
  const paper = (name, path) => svg("g", { class: `paper ${name}` }, svg("path", { d: path }));
  return el(
    "ul",
    { class: "legend" },
    mark("belief while it holds", line("")),
    mark("while it does not", line("apart")),
    mark("a paper asserts it", paper("up", "M10 2 L16 12 H4 Z")),
    mark("denies it", paper("down", "M10 12 L16 2 H4 Z")),
    mark("retracted", paper("up retracted", "M10 2 L16 12 H4 Z")),
  );
}

// As everything else it is told as it stood on the day.
function met({ rivals }, day, open) {
  if (!rivals.length) return null;
  const items = rivals.map((each) => {
    const status = standing(each, day)?.status;
    const tag = status ? el("span", { class: `tag ${status}` }, STATUSES[status]) : el("span", { class: "muted" }, "not known yet");
    return el("li", {}, el("button", { type: "button", class: "plain", click: () => open(each) }, sentence(each)), " ", tag);
  });
  return [el("h3", {}, "It met"), el("ul", { class: "met" }, items)];
}

const VERBS = { opened: "Began to hold", reopened: "Held again", closed: "Stopped holding", contested: "Was said, and contested" };

// What overturned what: each change with the sentences that did it.
function history({ changes }, day) {
  if (!changes.length) return null;
  const items = changes.map((change) => {
    const denial = change.side === "denial";
    const verb = denial ? `Its denial: ${VERBS[change.what].toLowerCase()}` : VERBS[change.what];
    const by = change.by ? `: ${change.what === "closed" ? "overturned by" : "against"} ${change.by}` : change.rule === "denied" ? ": denied" : change.rule === "stated_end" ? ": its stated end had passed" : "";
    return el(
      "li",
      { class: later(change.on, day) },
      el("span", { class: "day" }, change.on),
      later(change.on, day) && el("span", { class: "muted" }, " (later)"),
      " ",
      el("b", {}, verb),
      by,
      change.rule && change.by ? el("span", { class: "muted" }, ` (${change.rule.replaceAll("_", " ")})`) : "",
      el("ul", { class: "because" }, change.because.map((each) => el("li", {}, each.quote ? el("q", {}, each.quote) : null, el("span", { class: "cite" }, link(each.page, each.citation))))),
    );
  });
  return [el("h3", {}, "What changed, and because of what"), el("ol", { class: "changes" }, items)];
}

const later = (on, day) => (day !== null && on > day ? "later" : null);

function papers(detail, day) {
  if (!detail.papers.length) return el("p", { class: "muted" }, "No paper that counts, or counted, speaks of it.");
  const items = detail.papers.map((paper) =>
    el(
      "li",
      { tabindex: "-1", "data-paper": `${paper.document}-${paper.polarity}`, class: [later(paper.on, day), paper.retracted && "retracted"].filter(Boolean).join(" ") || null },
      el("span", { class: "day" }, paper.published),
      " ",
      el("span", { class: `tag ${paper.retracted ? "withdrawn" : paper.polarity === "denies" ? "superseded" : "current"}` }, says(paper)),
      el("span", { class: "muted" }, ` confidence ${paper.confidence.toFixed(2)}`),
      paper.quote ? el("q", {}, paper.quote) : null,
      el("span", { class: "cite" }, link(paper.page, [paper.document, paper.title, paper.journal].filter(Boolean).join(" · "))),
      paper.retracted_on ? el("span", { class: "cite down" }, `Retracted on ${paper.retracted_on}`) : null,
    ),
  );
  const more = detail.papers_left_out ? el("p", { class: "muted" }, `${detail.papers_left_out} papers more, less sure, are left out.`) : null;
  return [el("h3", {}, "Who said what"), el("ul", { class: "papers" }, items), more];
}
