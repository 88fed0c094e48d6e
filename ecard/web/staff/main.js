// @ts-check
/** The staff console begins here: language, looks, who is signed in, then the page of the address. */

import { Problem, read } from "../app/api.js";
import { isDemo } from "../app/demo.js";
import { h, icons, show } from "../app/dom.js";
import { has, LANGUAGES, speak, spoken, t, wished } from "../app/i18n.js";
import { browser } from "../app/kept.js";
import { button, comeBackHere, door, lead, page, quiet, troubled } from "../app/parts.js";
import { again, go, here, NotFetched, startRouter } from "../app/router.js";
import { isSignedIn, joinOthers } from "../app/session.js";
import { leadElsewhere } from "../app/ways.js";
import { leave, me, rooms } from "./me.js";
import { fetchAll, routes } from "./routes.js";

const AWAKE_MS = 4 * 60 * 1000;
const THEMES = ["system", "light", "dark"];
/** Where a refusal's `next` leads; an empty address is the page at hand, read anew. @type {Record<string, string>} */
const WAYS = {
  sign_in: "/sign-in", list_cases: "/cases", list_end_date_orders: "/counter/orders", change_card_state: "/counter/card_state", read_card: "/counter/card_state",
  read_again: "", read_case: "", read_transfer: "", read_card_application: "", read_corrections: "",
};
const place = /** @type {HTMLElement} */ (document.getElementById("app"));
const main = h("main", { id: "main", tabindex: "-1" });
const menu = h("aside", { class: "menu" });
let lastAwake = performance.now();
let first = true;

/** The frame is in the language too, so it is drawn with it. */
function drawFrame() {
  show(place, h("div", { class: "frame" },
    h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => { event.preventDefault(); main.focus(); } }, t("skip")),
    h("header", { class: "head" }, isDemo && h("p", { class: "demo" }, t("demo.banner")), h("div", { class: "head-inner" },
      h("a", { class: "mark", href: "#/" }, icons.card(), h("span", {}, t("staff.name"))), looks())),
    h("div", { class: "desk" }, menu, main),
    h("p", { id: "said", class: "unseen", role: "status" })));
  drawMenu();
}

function looks() {
  const language = h("select", { "aria-label": t("staff.language"), onchange: () => changeLanguage(language.value) },
    Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === spoken() }, name)));
  const theme = h("select", { "aria-label": t("staff.colours"), onchange: () => wear("theme", theme.value) },
    THEMES.map((one) => h("option", { value: one, selected: one === (browser.read("theme") ?? "system") }, t(`staff.colours.${one}`))));
  const large = browser.read("text") === "large";
  return h("div", { class: "looks" }, language, theme,
    quiet(t("looks.text.large"), () => { wear("text", large ? "usual" : "large"); drawFrame(); }, { "aria-pressed": String(large) }));
}

/** Who is signed in, and the rooms that their roles open. */
function drawMenu() {
  const known = me();
  menu.hidden = !known;
  menu.setAttribute("aria-label", t("staff.name"));
  if (!known) return show(menu);
  show(menu, h("nav", { "aria-label": t("staff.rooms") }, h("ul", {}, rooms().map(({ path, words, icon }) =>
    h("li", {}, h("a", { href: `#${path}`, "aria-current": here().startsWith(path) ? "page" : null }, icon(), words))))),
    h("div", { class: "who" }, h("p", {}, h("strong", {}, known.display_name)), h("p", { class: "soft" }, known.region_name, known.counter_name && ` · ${known.counter_name}`),
      quiet(t("my.sign_out"), async () => { await leave(); go("/sign-in"); })));
}

/** @param {string} what @param {string} value */
function wear(what, value) {
  browser.write(what, value);
  dress();
}

function dress() {
  for (const what of ["text", "theme"]) document.documentElement.dataset[what] = browser.read(what) ?? (what === "text" ? "usual" : "system");
}

/** @param {any} language */
async function changeLanguage(language) {
  await speak(language, [import.meta.url]);
  browser.write("language", language);
  drawFrame();
  again();
}

/** @param {import("../app/router.js").Page} shown */
function draw(shown) {
  document.title = `${shown.title} · ${t("staff.name")}`;
  show(main, shown.content);
  drawMenu();
  scrollTo(0, 0);
  if (!first) /** @type {HTMLElement | null} */ (main.querySelector("h1"))?.focus();
  first = false;
}

/** @param {string} next */
const wayOf = (next) => (next in WAYS ? { words: t(`on.${WAYS[next] ? next : "read_again"}`), path: WAYS[next] || here() } : null);

/** Some of the service's sentences are for the holder: staff are told what it means at their desk. @param {Problem} problem */
function saying({ code, detail }) {
  const room = here().split("/")[1];
  if (has(`said.${room}.${code}`)) return t(`said.${room}.${code}`);
  return has(`said.${code}`) ? t(`said.${code}`) : detail;
}

/** What went wrong while a page was made. @param {any} trouble */
function failed(trouble) {
  if (trouble instanceof Problem && trouble.code === "not_signed_in") {
    comeBackHere();
    go("/sign-in");
  }
  if (trouble instanceof Problem && trouble.code === "not_found") return elsewherePage(trouble);
  return page({ title: t("trouble.page") }, troubled(trouble),
    button(t("trouble.again"), trouble instanceof NotFetched ? () => location.reload() : again, { icon: "again" }), me() && door(t("staff.home"), "/", { second: true }));
}

/** A message or a list of before led here: whose turn it is now may be another office's. @param {Problem} trouble */
function elsewherePage(trouble) {
  const room = `/${here().split("/")[1]}`;
  return page({ title: t("elsewhere.title"), back: room }, lead(saying(trouble)), door(t("case.back"), room, { second: true }));
}

/** Whoever reads or types for long is still there: the session goes on as long as they are. */
function stayAwake() {
  if (!isSignedIn() || performance.now() - lastAwake < AWAKE_MS) return;
  lastAwake = performance.now();
  read("/staff/me").catch(() => null); // over or out of reach: the next request tells
}

async function begin() {
  dress();
  leadElsewhere(wayOf, saying);
  await Promise.all([speak(wished(), [import.meta.url]), joinOthers()]);
  drawFrame();
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, stayAwake, { passive: true });
  await startRouter(routes, draw, failed);
  fetchAll();
}

begin();
