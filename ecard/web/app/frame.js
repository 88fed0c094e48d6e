// @ts-check
/** Head and foot of the app, and how it looks: language, size of the text, colours, contrast. */

import { isDemo } from "./demo.js";
import { h, icons, show } from "./dom.js";
import { LANGUAGES, speak, spoken, t } from "./i18n.js";
import { browser } from "./kept.js";
import { quiet } from "./parts.js";
import { again } from "./router.js";

/** What can be chosen; the first is how it is without a choice. */
export const LOOKS = { text: ["usual", "large", "largest"], theme: ["system", "light", "dark"], contrast: ["usual", "strong"] };

/** @typedef {keyof typeof LOOKS} Look */

const place = /** @type {HTMLElement} */ (document.getElementById("app"));
export const main = h("main", { id: "main", tabindex: "-1" });

/** Head and foot are in the language too, so they are drawn with it. */
export function drawFrame() {
  show(place, h("div", { class: "frame" },
    h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => { event.preventDefault(); main.focus(); } }, t("skip")),
    h("header", { class: "head" }, isDemo && h("p", { class: "demo" }, t("demo.banner")), h("div", { class: "head-inner" },
      h("a", { class: "mark", href: "#/my" }, icons.family(), h("span", {}, t("app.name"))))),
    main, foot(), h("p", { id: "said", class: "unseen", role: "status" })));
}

function foot() {
  const tongues = Object.entries(LANGUAGES).map(([tag, name]) =>
    quiet(name, () => changeLanguage(/** @type {any} */ (tag)), { lang: tag, "aria-current": tag === spoken() ? "true" : null }));
  const large = worn("text") !== "usual";
  return h("footer", { class: "foot" }, h("div", { class: "foot-inner" }, tongues,
    quiet(t("looks.text.large"), () => choose("text", large ? "usual" : "large"), { "aria-pressed": String(large) }),
    h("a", { class: "quiet", href: "#/settings" }, t("settings.title"))));
}

/** @param {Look} what */
export function worn(what) {
  const kept = browser.read(what);
  return LOOKS[what].includes(kept) ? kept : LOOKS[what][0];
}

/** @param {Look} what @param {string} value */
export function choose(what, value) {
  browser.write(what, value);
  look();
  drawFrame();
}

/** Put on what was chosen. */
export function look() {
  for (const what of /** @type {Look[]} */ (Object.keys(LOOKS))) document.documentElement.dataset[what] = worn(what);
}

/** @param {import("./i18n.js").Language} language */
export async function changeLanguage(language) {
  try {
    await speak(language);
  } catch {
    location.reload(); // a newer version of the app was put in place meanwhile, or no network
    return;
  }
  browser.write("language", language);
  drawFrame();
  again();
}
