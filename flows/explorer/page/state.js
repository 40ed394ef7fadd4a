// What is shown stands in the address: a link to the page as it is can be kept and sent.

const EMPTY = { e: [], on: null, known: null, view: "graph", fact: null, from: null, to: null, hide: [], relation: null };
const VIEWS = ["graph", "table", "days"];
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

export function parsed(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const day = (name) => (ISO_DAY.test(asked.get(name) ?? "") && !Number.isNaN(Date.parse(asked.get(name))) ? asked.get(name) : null);
  const fact = ["head", "is", "tail"].map((name) => asked.get(name));
  const known = asked.get("known");
  return {
    ...EMPTY,
    e: [...new Set(asked.getAll("e").filter(Boolean))].slice(0, 8),
    on: day("on"),
    known: known && !Number.isNaN(Date.parse(known)) ? known : null,
    view: VIEWS.includes(asked.get("view")) ? asked.get("view") : EMPTY.view,
    fact: fact.every(Boolean) ? fact : null,
    from: day("from"),
    to: day("to"),
    hide: asked.getAll("hide"),
    relation: asked.get("relation") || null,
  };
}

export function address(state) {
  const told = new URLSearchParams();
  state.e.forEach((each) => told.append("e", each));
  for (const name of ["on", "known", "from", "to", "relation"]) if (state[name]) told.set(name, state[name]);
  if (state.view !== EMPTY.view) told.set("view", state.view);
  if (state.fact) ["head", "is", "tail"].forEach((name, place) => told.set(name, state.fact[place]));
  state.hide.forEach((each) => told.append("hide", each));
  return "#" + told.toString();
}
