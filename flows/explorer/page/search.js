// The search field: a combobox with a list of suggestions, as the ARIA practices have it.

import { el, fill } from "./dom.js";

const PAUSE = 120; // milliseconds after a key before the source is asked

export function combobox({ input, list, said, source, choose, failed }) {
  let options = [];
  let active = -1;
  let waiting = 0;
  let running = null;

  function close() {
    options = [];
    active = -1;
    fill(list);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show(found, text) {
    options = found;
    active = -1;
    const rows = found.map((one, number) =>
      el(
        "li",
        { role: "option", id: `suggestion-${number}`, "aria-selected": "false", "aria-disabled": one.in_graph === false ? "true" : null, mousedown: (event) => event.preventDefault(), click: () => take(number) },
        el("span", { class: "name" }, one.name),
        el("span", { class: "muted" }, `${one.type} · ${one.key}${one.in_graph === false ? " · nothing is known of it here" : ""}`),
      ),
    );
    fill(list, rows);
    list.hidden = !rows.length;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    input.removeAttribute("aria-activedescendant");
    said.textContent = rows.length ? `${rows.length} suggestion${rows.length === 1 ? "" : "s"}` : `Nothing like "${text}" was found`;
  }

  function mark(number) {
    active = number;
    [...list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === number)));
    if (number < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", `suggestion-${number}`);
      list.children[number].scrollIntoView({ block: "nearest" });
    }
  }

  function take(number) {
    const one = options[number];
    if (!one || one.in_graph === false) return;
    input.value = "";
    stop();
    close();
    choose(one);
  }

  function stop() {
    clearTimeout(waiting);
    running?.abort();
  }

  async function ask(text) {
    running = new AbortController();
    try {
      show(await source.search(text, running.signal), text);
    } catch (error) {
      if (error.name !== "AbortError") failed(error);
    }
  }

  input.addEventListener("input", () => {
    stop();
    const text = input.value.trim();
    if (text) waiting = setTimeout(() => ask(text), PAUSE);
    else close();
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", async (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && options.length) {
      const from = active < 0 && event.key === "ArrowUp" ? 0 : active;
      mark((from + steps[event.key] + options.length) % options.length);
    } else if (event.key === "Enter" && input.value.trim()) {
      if (!options.length) {
        stop();
        await ask(input.value.trim());
      }
      take(Math.max(active, 0));
    } else if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      close();
    } else return;
    event.preventDefault();
  });
  return { close };
}
