// Elements from data: every text goes in as text, so nothing that a document says can become an element or a script.

const SVG = "http://www.w3.org/2000/svg";

// What acts on the direction or the look of other text is shown as its code, as everywhere in ChronoKG.
const ACTING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function shown(text) {
  return String(text).replace(ACTING, (sign) => "\\u" + sign.codePointAt(0).toString(16).padStart(4, "0"));
}

// A property that is a function hears an event, `true` is an attribute without value, null and false leave it out.
export function el(name, properties = {}, ...children) {
  return filled(document.createElement(name), properties, children);
}

export function svg(name, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, name), properties, children);
}

function filled(element, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key === "value" || key === "checked" || key === "disabled") element[key] = value;
    else element.setAttribute(key, value === true ? "" : shown(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : shown(child));
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren();
  return filled(element, {}, children);
}

export const at = (id) => document.getElementById(id);

// Only pages of papers that the server named, and only by https.
export function link(page, words) {
  if (!page || !page.startsWith("https://")) return el("span", {}, words);
  return el("a", { href: page, rel: "noreferrer noopener", target: "_blank" }, words);
}

// Of many things in a picture one can be reached by Tab; arrows go from one to the next.
export function rove(items, box) {
  const move = (from, to) => {
    if (!items[to]) return;
    items[from].setAttribute("tabindex", "-1");
    items[to].setAttribute("tabindex", "0");
    items[to].focus();
  };
  items.forEach((item, number) => {
    item.setAttribute("tabindex", number === 0 ? "0" : "-1");
    item.addEventListener("keydown", (event) => {
      const to = { ArrowRight: number + 1, ArrowDown: number + 1, ArrowLeft: number - 1, ArrowUp: number - 1, Home: 0, End: items.length - 1 }[event.key];
      if (to !== undefined) move(number, to);
      else if (event.key === "Enter" || event.key === " ") item.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      else return;
      event.preventDefault();
    });
  });
  return box;
}
