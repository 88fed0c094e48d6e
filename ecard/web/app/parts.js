// @ts-check
/** What pages are put together from: buttons, fields, forms, panels, and the sentence of a trouble. */

import { Problem, Unreached } from "./api.js";
import { drawing, h, icons, show } from "./dom.js";
import { lasting, t } from "./i18n.js";
import { tab } from "./kept.js";
import { again, go, here, NotFetched } from "./router.js";
import { said, wayOn } from "./ways.js";

/** @typedef {import("./dom.js").Child} Child */

/**
 * A page: its heading is its title, and takes the focus.
 * @param {{title: string, back?: string, step?: number, leave?: () => void}} about
 * @param {...Child} content
 */
export function page({ title, back, step, leave }, ...content) {
  const element = h("div", { class: "page" },
    back && h("a", { class: "back", href: `#${back}` }, t("back")),
    step !== undefined && stepsOf(step),
    h("h1", { tabindex: "-1" }, title),
    content);
  return { title, content: element, leave };
}

const STEPS = ["password", "notice", "account", "face"];

/** How far an application is: four steps. @param {number} step */
function stepsOf(step) {
  const words = t("step.of", { step, name: t(`step.${STEPS[step - 1]}`) });
  return [
    h("ol", { class: "steps", "aria-hidden": "true" }, STEPS.map((_, place) => h("li", { "data-done": place < step }))),
    h("p", { class: "step-name" }, words),
  ];
}

/** @param {...Child} inside */
export const lead = (...inside) => h("p", { class: "lead" }, inside);
/** @param {...Child} inside */
export const soft = (...inside) => h("p", { class: "soft" }, inside);
/** @param {"" | "warm" | "good" | "bad"} tone @param {...Child} inside */
export const inset = (tone, ...inside) => h("div", { class: `inset ${tone}` }, inside);
/** @param {...Child} inside */
export const panel = (...inside) => h("section", { class: "panel" }, inside);

/** A large word on how something ended. @param {"good" | "warm" | "bad"} tone @param {string} icon @param {string} words */
export const banner = (tone, icon, words) =>
  h("div", { class: `banner ${tone}` }, icons[/** @type {"done"} */ (icon)](), h("p", { class: "lead" }, h("strong", {}, words)));

/** Words and values. @param {[string, Child][]} rows */
export const facts = (rows) =>
  h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([word, value]) => h("div", {}, h("dt", {}, word), h("dd", {}, value))));

/** @param {string} words @param {string} [tone] */
export const badge = (words, tone = "warm") => h("span", { class: `badge ${tone}` }, words);

/** Something to open. @param {string} words @param {...Child} inside */
export const more = (words, ...inside) => h("details", {}, h("summary", {}, words), h("div", { class: "stack" }, inside));

/**
 * How far something is: what was, what is now, what is still to come.
 * @param {{state: string, ended_at: string | null, progress: {state: string, at: string}[]}} one
 * @param {string[]} names  its stages in order; the last one is its good end
 * @param {(name: string) => string} words
 * @param {(name: string, at: "done" | "now" | "later" | "bad", reached: Record<string, string>) => Child} about
 */
export function stages(one, names, words, about) {
  const reached = Object.fromEntries(one.progress.map((move) => [move.state, move.at]));
  const last = names.findLastIndex((name) => name in reached);
  const isDone = one.state === names[names.length - 1];
  return h("ol", { class: "stages" }, names.map((name, place) => {
    const at = place > last ? "later" : place < last || isDone ? "done" : one.ended_at ? "bad" : "now";
    return h("li", { "data-at": at, "aria-current": at === "now" ? "step" : null },
      h("span", { class: "what" }, words(name), at === "done" && h("span", { class: "unseen" }, t("stage.done"))),
      h("span", { class: "about" }, about(name, at, reached)));
  }));
}

/** Hand a file over to whoever reads: it lands where their browser keeps files. @param {import("./api.js").Given} file */
export function keepFile({ content, name }) {
  const address = URL.createObjectURL(content);
  const link = h("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  announce(t("file.kept", { name }));
}

/**
 * Asked once more before something ends.
 * @param {{title: string, lead: string, yes: string, no: string, stay: string, after?: string, link?: string, work: () => Promise<any>}} about
 */
export const sure = (about) => page({ title: about.title, back: about.stay }, lead(about.lead),
  button(about.yes, async () => { await about.work(); go(about.after ?? about.stay); }, { stop: true, link: about.link }),
  door(about.no, about.stay, { second: true }));

// --- buttons -----------------------------------------------------------------------------------

/**
 * A button. While its work goes on it says so and takes no second tap; what goes wrong is shown
 * above it, in words.
 * @param {string} words
 * @param {() => any} work
 * @param {{second?: boolean, stop?: boolean, icon?: string, link?: string, first?: () => Promise<boolean>}} [looks]  `first`: whether it is meant
 */
export function button(words, work, looks = {}) {
  const kind = looks.stop ? " stop" : looks.second ? " second" : "";
  const element = h("button", { type: "button", class: `button${kind}` }, looks.icon && icons[/** @type {"add"} */ (looks.icon)](), words);
  const begin = () => busy(element, work, (trouble) => {
    clearTroubles();
    element.before(troubled(trouble, looks.link));
    focusTrouble();
  });
  element.addEventListener("click", looks.first ? async () => { if (await looks.first?.()) begin(); } : begin);
  return element;
}

/** A link that looks like a button. @param {string} words @param {string} path @param {{second?: boolean, icon?: string}} [looks] */
export const door = (words, path, looks = {}) =>
  h("a", { class: `button${looks.second ? " second" : ""}`, href: `#${path}` }, looks.icon && icons[/** @type {"add"} */ (looks.icon)](), words);

/** A row that leads on. @param {{icon: Child, what: string, about?: Child, path: string, first?: boolean}} to  `first`: what most people come for */
export const row = ({ icon, what, about, path, first }) =>
  h("li", {}, h("a", { class: first ? "door first" : "door", href: `#${path}` }, h("span", { class: "icon", "aria-hidden": "true" }, icon),
    h("span", { class: "what" }, what), about && h("span", { class: "about" }, about), h("span", { class: "go", "aria-hidden": "true" })));

/** A small button without a frame. @param {string} words @param {() => any} work @param {Record<string, any>} [more] */
export const quiet = (words, work, more = {}) => h("button", { type: "button", class: "quiet", onclick: work, ...more }, words);

/**
 * Do the work once, however often somebody taps meanwhile.
 * @param {HTMLElement} element @param {() => any} work @param {(trouble: any) => void} onTrouble
 */
export async function busy(element, work, onTrouble) {
  if (element.getAttribute("aria-disabled") === "true") return;
  const spinner = h("span", { class: "spin", "aria-hidden": "true" });
  element.setAttribute("aria-disabled", "true");
  const late = setTimeout(() => { element.prepend(spinner); announce(t("working")); }, 300);
  try {
    await work();
  } catch (trouble) {
    onTrouble(trouble);
  } finally {
    clearTimeout(late);
    spinner.remove();
    unsay(t("working"));
    element.removeAttribute("aria-disabled");
  }
}

// --- troubles ----------------------------------------------------------------------------------

/** Say it to a screen reader, without moving there. @param {string} words */
export function announce(words) {
  const place = document.getElementById("said");
  if (place) place.textContent = words;
}

/** What was announced and is no longer so is not read out again. @param {string} words */
export function unsay(words) {
  if (document.getElementById("said")?.textContent === words) announce("");
}

/**
 * What went wrong, in the service's own words, and the way on.
 * @param {any} trouble
 * @param {string} [link]  the application it is about
 */
export function troubled(trouble, link) {
  if (trouble instanceof Unreached || trouble instanceof NotFetched) return unreached();
  if (!(trouble instanceof Problem)) throw trouble;
  if (trouble.next === "sign_in") comeBackHere();
  if (trouble.next === "set_card_password") tab.write("after_password", here());
  const on = wayOn(trouble.next, link);
  return h("div", { class: "trouble", role: "alert", tabindex: "-1" },
    h("h2", {}, t("trouble.title")),
    h("p", {}, said(trouble)),
    trouble.wait && h("p", {}, t("trouble.wait", { time: lasting(trouble.wait) })),
    on && h("p", {}, on.path === here() ? quiet(on.words, again) : h("a", { href: `#${on.path}` }, on.words)),
    trouble.status >= 500 && h("p", { class: "hint" }, t("trouble.number", { number: trouble.instance.split(":").pop() ?? "" })));
}

/** Who signs in again goes on where they were. */
export function comeBackHere() {
  if (!here().startsWith("/sign-in")) tab.write("after", here());
}

function unreached() {
  return h("div", { class: "trouble", role: "alert", tabindex: "-1" },
    h("h2", {}, t("trouble.title")), h("p", {}, t(navigator.onLine ? "trouble.unreached" : "trouble.offline")));
}

export const clearTroubles = () => document.querySelectorAll(".trouble").forEach((one) => one.remove());
export function focusTrouble() {
  const found = /** @type {HTMLElement | null} */ (document.querySelector(".trouble"));
  found?.focus();
  found?.scrollIntoView({ block: "nearest" });
}

/** A whole page for what went wrong while it was made. @param {any} trouble */
export function troublePage(trouble) {
  return page({ title: t("trouble.page") }, troubled(trouble),
    button(t("trouble.again"), trouble instanceof NotFetched ? () => location.reload() : again, { icon: "again" }), door(t("way.read_links"), "/family", { second: true }));
}

// --- fields ------------------------------------------------------------------------------------

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {HTMLElement} element
 * @property {() => any} value
 * @property {(value: any) => void} fill
 * @property {() => string} wrong  what is wrong with it, in words; empty: nothing
 * @property {(words: string) => void} mark
 * @property {() => void} focus
 * @property {boolean} [secret]  never kept, not even in this tab; typed anew where it was refused
 * @property {boolean} [unkept]  never kept in this tab; it stays where it was refused
 */

/**
 * A line to write in.
 * @param {{name: string, label: string, hint?: string, kind?: "text" | "password" | "date" | "long", class?: string, attributes?: Record<string, any>,
 *   check?: (value: string) => string, whileTyping?: (value: string) => string}} about
 * @returns {Field}
 */
export function line({ name, label, hint, kind = "text", class: looks = "", attributes = {}, check = filled, whileTyping }) {
  const id = `field-${name}`;
  const input = h(kind === "long" ? "textarea" : "input", { id, name, type: kind === "long" ? null : kind, class: looks, "aria-describedby": `${id}-hint ${id}-wrong ${id}-right`, ...attributes });
  const wrong = h("p", { id: `${id}-wrong`, class: "wrong" });
  const right = h("p", { id: `${id}-right`, class: "seems-right", role: "status" });
  const element = h("div", { class: "field" }, h("label", { for: id }, label), hint && h("p", { id: `${id}-hint`, class: "hint" }, hint), wrong, input, right);
  if (whileTyping) input.addEventListener("input", () => { right.textContent = whileTyping(input.value); });
  return {
    name, element, secret: kind === "password",
    value: () => input.value,
    fill: (value) => { input.value = value; },
    wrong: () => check(input.value),
    mark: (words) => marked(element, input, wrong, words),
    focus: () => input.focus(),
  };
}

/** @param {string} value */
const filled = (value) => (value.trim() ? "" : t("check.empty"));

/** @param {HTMLElement} element @param {HTMLElement} input @param {HTMLElement} place @param {string} words */
function marked(element, input, place, words) {
  place.textContent = words;
  element.classList.toggle("bad", words !== "");
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/**
 * One of a few.
 * @param {{name: string, label: string, hint?: string, options: [string, string][], two?: boolean}} about
 * @returns {Field}
 */
export function choice({ name, label, hint, options, two }) {
  const wrong = h("p", { id: `field-${name}-wrong`, class: "wrong" });
  const boxes = options.map(([value, words], place) => ({
    input: h("input", { type: "radio", name, value, id: place ? `field-${name}-${value}` : `field-${name}` }), words }));
  const element = h("fieldset", { "aria-describedby": wrong.id }, h("legend", {}, label), hint && h("p", { class: "hint" }, hint), wrong,
    h("div", { class: two ? "choices two" : "choices" }, boxes.map(({ input, words }) => h("div", { class: "choice" }, input, h("label", { for: input.id }, words)))));
  const chosen = () => boxes.find(({ input }) => input.checked)?.input.value ?? "";
  return {
    name, element, value: chosen,
    fill: (value) => boxes.forEach(({ input }) => { input.checked = input.value === value; }),
    wrong: () => (chosen() ? "" : t("check.choose")),
    mark: (words) => { wrong.textContent = words; element.classList.toggle("bad", words !== ""); },
    focus: () => boxes[0].input.focus(),
  };
}

/**
 * Any of a few.
 * @param {{name: string, label: string, hint?: string, options: [string, string][], on?: boolean, needed?: boolean}} about
 * @returns {Field}
 */
export function several({ name, label, hint, options, on = false, needed = false }) {
  const wrong = h("p", { class: "wrong" });
  const boxes = options.map(([value, words]) => ({ input: h("input", { type: "checkbox", name, value, id: `field-${name}-${value}`, checked: on }), words }));
  const element = h("fieldset", {}, h("legend", {}, label), hint && h("p", { class: "hint" }, hint), wrong,
    h("div", { class: "choices" }, boxes.map(({ input, words }) => h("div", { class: "choice" }, input, h("label", { for: input.id }, words)))));
  const chosen = () => boxes.filter(({ input }) => input.checked).map(({ input }) => input.value);
  return {
    name, element, value: chosen,
    fill: (value) => boxes.forEach(({ input }) => { input.checked = value.includes(input.value); }),
    wrong: () => (needed && !chosen().length ? t("check.choose") : ""),
    mark: (words) => { wrong.textContent = words; element.classList.toggle("bad", words !== ""); },
    focus: () => boxes[0].input.focus(),
  };
}

// --- forms -------------------------------------------------------------------------------------

/**
 * A form: checked before it is sent, each mistake named at its field and at the top; what was typed
 * is kept in this tab until it arrived.
 * @param {{name: string, fields: Field[], submit: string, send: (values: any) => Promise<any>, link?: string, extra?: Child, second?: boolean,
 *   wrongAt?: (field: string, problem: Problem) => string}} about  `wrongAt`: what the service found wrong with a field, where it can be said
 */
export function form({ name, fields, submit, send, link, extra, second, wrongAt = () => "" }) {
  const draft = `draft.${name}`;
  restore(draft, fields);
  const send_ = h("button", { type: "submit", class: second ? "button second" : "button" }, submit);
  const top = h("div", {});
  const element = h("form", { novalidate: true, "aria-label": submit }, top, fields.map((field) => field.element), extra, send_);
  element.addEventListener("input", (/** @type {Event} */ event) => {
    keep(draft, fields);
    heal(fields, /** @type {Node} */ (event.target), element, top);
  });
  element.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    clearTroubles();
    if (!checked(fields, top)) return;
    const values = Object.fromEntries(fields.map((field) => [field.name, field.value()]));
    busy(send_, async () => { await send(values); tab.forget(draft); }, (trouble) => refused(trouble, fields, top, wrongAt, link));
  });
  return element;
}

/** @param {string} draft @param {Field[]} fields */
function restore(draft, fields) {
  const typed = tab.read(draft) ?? {};
  for (const field of fields) if (field.name in typed) field.fill(typed[field.name]);
}

/** @param {string} draft @param {Field[]} fields */
function keep(draft, fields) {
  tab.write(draft, Object.fromEntries(fields.filter((field) => !field.secret && !field.unkept).map((field) => [field.name, field.value()])));
}

/** A mistake that was put right is one no longer. @param {Field[]} fields @param {Node} typed @param {HTMLElement} element @param {HTMLElement} top */
function heal(fields, typed, element, top) {
  const field = fields.find((one) => one.element.contains(typed));
  if (!field?.element.classList.contains("bad") || field.wrong()) return;
  field.mark("");
  if (!element.querySelector(".bad")) show(top);
}

/** @param {Field[]} fields @param {HTMLElement} top @returns {boolean} */
function checked(fields, top) {
  const wrong = fields.map((field) => ({ field, words: field.wrong() }));
  for (const { field, words } of wrong) field.mark(words);
  const found = wrong.filter(({ words }) => words);
  show(top, found.length > 0 && summary(found));
  focusTrouble();
  return found.length === 0;
}

/** @param {{field: Field, words: string}[]} found */
function summary(found) {
  const lines = found.map(({ field, words }) =>
    h("li", {}, h("a", { href: `#field-${field.name}`, onclick: (/** @type {Event} */ event) => { event.preventDefault(); field.focus(); } },
      t("check.at", { field: field.element.querySelector("label, legend")?.textContent ?? "", words }))));
  return h("div", { class: "trouble", role: "alert", tabindex: "-1" }, h("h2", {}, t("check.title")), h("ul", {}, lines));
}

/** @param {any} trouble @param {Field[]} fields @param {HTMLElement} top @param {(field: string, problem: Problem) => string} wrongAt @param {string} [link] */
function refused(trouble, fields, top, wrongAt, link) {
  if (trouble instanceof Problem) {
    for (const field of fields) if (trouble.fields[field.name]) field.mark(wrongAt(field.name, trouble) || t("check.wrong"));
  }
  for (const field of fields) if (field.secret) field.fill("");
  show(top, troubled(trouble, link));
  focusTrouble();
}

/**
 * Six digits, as the e-card's password and codes are.
 * @param {{name: string, label: string, hint?: string, secret?: boolean, attributes?: Record<string, any>,
 *   check?: (value: string) => string, needed?: () => boolean}} about
 */
export function sixDigits({ name, label, hint, secret = true, attributes = {}, check = () => "", needed = () => true }) {
  return line({
    name, label, hint, kind: secret ? "password" : "text", class: "digits code",
    attributes: { inputmode: "numeric", maxlength: "12", autocomplete: secret ? "off" : "one-time-code", ...attributes },
    check: (value) => (!needed() ? "" : /^[0-9]{6}$/.test(digits(value)) ? check(digits(value)) : t("check.six_digits")),
  });
}

/** What was meant: plain digits, without the blanks of a paste. @param {string} typed */
export const digits = (typed) => typed.normalize("NFKC").replace(/\s/g, "");

/** A text of some length. @param {{name: string, label: string, hint?: string, least: number, most: number}} about */
export const longText = ({ name, label, hint, least, most }) => line({
  name, label, hint, kind: "long", attributes: { maxlength: most, dir: "auto" },
  check: (value) => (value.trim().length < least ? t("check.longer", { least }) : ""),
});

/** A text with lists and headings, as notices are written. @param {string} text */
export function written(text) {
  return h("div", { class: "notice stack" }, text.trim().split(/\n{2,}/).map((block) => {
    const lines = block.split("\n");
    const items = lines.filter((one) => one.startsWith("- "));
    if (!items.length) return h("p", {}, lines.join("\n"));
    const before = lines.filter((one) => !one.startsWith("- "));
    return [before.length > 0 && h("h2", {}, before.join(" ")), h("ul", {}, items.map((one) => h("li", {}, one.slice(2))))];
  }));
}

export { again, drawing, go, h, icons, show, t };
