// @ts-check
/** Elements without a template: what a page shows is made of these, so no text becomes markup. */

/** @typedef {Node | string | null | undefined | false | any[]} Child */

const SVG = "http://www.w3.org/2000/svg";
const RTL = "[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}]+";
/** Words that are written from right to left, with the blanks between them. */
const RIGHT_TO_LEFT = new RegExp(`(${RTL}(?:[ \\u00a0'’-]+${RTL})*)`, "u");

/**
 * An element. Names that begin with `on` are listeners, `true` is an attribute without a value.
 * @param {string} tag
 * @param {Record<string, any>} [given]
 * @param {...Child} inside
 * @returns {any}
 */
export function h(tag, given = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) set(element, name, value);
  add(element, inside);
  return element;
}

/** @param {Element} element @param {string} name @param {any} value */
function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "value") /** @type {any} */ (element).value = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** @param {Element} element @param {Child[]} inside */
function add(element, inside) {
  for (const one of inside) {
    if (Array.isArray(one)) add(element, one);
    else if (typeof one === "string" && !element.hasAttribute("dir")) element.append(...isolated(one));
    else if (one || one === "") element.append(one);
  }
}

/**
 * A name that is written from right to left stays whole, and turns nothing around it.
 * @param {string} text @returns {(string | Node)[]}
 */
function isolated(text) {
  return text.split(RIGHT_TO_LEFT).map((part, place) => {
    if (place % 2 === 0) return part;
    const apart = document.createElement("bdi");
    apart.textContent = part;
    return apart;
  });
}

/** What an element shows from now on. @param {Element} element @param {...Child} inside */
export function show(element, ...inside) {
  element.replaceChildren();
  add(element, inside);
}

/**
 * A drawing of lines; it says nothing to a screen reader, the words beside it do.
 * @param {...string} paths
 * @returns {SVGElement}
 */
export function drawing(...paths) {
  const picture = document.createElementNS(SVG, "svg");
  const looks = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false" };
  for (const [name, value] of Object.entries(looks)) picture.setAttribute(name, value);
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    picture.append(path);
  }
  return picture;
}

export const icons = {
  family: () => drawing("M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z", "M17 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z", "M2 20c0-4 2.500-6 6-6s6 2 6 6", "M15 15c4-1 7 1 7 5"),
  card: () => drawing("M3 6h18v12H3z", "M3 10h18", "M7 15h4"),
  add: () => drawing("M12 5v14", "M5 12h14"),
  camera: () => drawing("M4 8h3l2-3h6l2 3h3v11H4z", "M12 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"),
  file: () => drawing("M7 3h7l5 5v13H7z", "M14 3v5h5"),
  code: () => drawing("M4 4h6v6H4z", "M14 4h6v6h-6z", "M4 14h6v6H4z", "M14 14h2v2h-2z", "M18 18h2v2h-2z"),
  key: () => drawing("M7.500 16.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9z", "M12 12h9", "M17 12v3", "M21 12v4"),
  letter: () => drawing("M3 6h18v12H3z", "M3 7l9 7 9-7"),
  move: () => drawing("M3 12h14", "M12 6l6 6-6 6", "M21 4v16"),
  phone: () => drawing("M7 2h10v20H7z", "M11 18.500h2"),
  gear: () => drawing("M4 7h9", "M19 7h1", "M16 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z", "M4 17h1", "M11 17h9", "M8 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z"),
  video: () => drawing("M3 7h12v10H3z", "M15 11l6-3v8l-6-3z"),
  right: () => drawing("M4 12h16", "M13 5l7 7-7 7"),
  left: () => drawing("M20 12H4", "M11 5l-7 7 7 7"),
  closer: () => drawing("M9 9L3 3", "M3 8V3h5", "M15 15l6 6", "M21 16v5h-5", "M15 9l6-6", "M16 3h5v5", "M9 15l-6 6", "M8 21H3v-5"),
  further: () => drawing("M3 3l6 6", "M9 4v5H4", "M21 21l-6-6", "M15 20v-5h5", "M21 3l-6 6", "M20 9h-5V4", "M3 21l6-6", "M4 15h5v5"),
  done: () => drawing("M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20z", "M7.500 12.500l3 3 6-6.500"),
  wait: () => drawing("M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20z", "M12 7v5l3.500 2"),
  again: () => drawing("M20 12a8 8 0 1 1-2.500-5.800", "M20 3v4h-4"),
  stop: () => drawing("M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20z", "M5 5l14 14"),
  person: () => drawing("M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4 21c0-4.500 3-7 8-7s8 2.500 8 7"),
  speaker: () => drawing("M4 9v6h4l5 4V5L8 9z", "M16.500 8.500a5 5 0 0 1 0 7"),
};
