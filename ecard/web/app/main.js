// @ts-check
/** The app begins here: language, looks, the session of another tab, then the page of the address. */

import { Problem, stayAwake } from "./api.js";
import { isDemo } from "./demo.js";
import { h, icons, show } from "./dom.js";
import { LANGUAGES, speak, spoken, t, wished } from "./i18n.js";
import { browser, tab } from "./kept.js";
import { comeBackHere, quiet, troublePage } from "./parts.js";
import { again, go, goInstead, here, startRouter } from "./router.js";
import { isSignedIn, joinOthers } from "./session.js";
import { fetchAll, routes } from "./routes.js";
import { hush } from "./speech.js";

const SIZES = ["usual", "large"];
const THEMES = ["system", "light", "dark"];
const place = /** @type {HTMLElement} */ (document.getElementById("app"));
const main = h("main", { id: "main", tabindex: "-1" });

/** Head and foot are in the language too, so they are drawn with it. */
function drawFrame() {
  show(place, h("div", { class: "frame" },
    h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => { event.preventDefault(); main.focus(); } }, t("skip")),
    h("header", { class: "head" }, isDemo && h("p", { class: "demo" }, t("demo.banner")), h("div", { class: "head-inner" },
      h("a", { class: "mark", href: "#/my" }, icons.family(), h("span", {}, t("app.name"))))),
    main, foot(), h("p", { id: "said", class: "unseen", role: "status" })));
}

function foot() {
  const tongues = Object.entries(LANGUAGES).map(([tag, name]) =>
    quiet(name, () => changeLanguage(/** @type {any} */ (tag)), { lang: tag, "aria-current": tag === spoken() ? "true" : null }));
  const large = browser.read("text") === "large";
  const theme = browser.read("theme") ?? "system";
  return h("footer", { class: "foot" }, h("div", { class: "foot-inner" }, tongues,
    quiet(t("looks.large"), () => choose("text", large ? "usual" : "large"), { "aria-pressed": String(large) }),
    quiet(t(`looks.${theme}`), () => choose("theme", THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]))));
}

/** @param {string} what @param {string} value */
function choose(what, value) {
  browser.write(what, value);
  look();
  drawFrame();
}

function look() {
  const [text, theme] = [browser.read("text"), browser.read("theme")];
  const root = document.documentElement;
  root.dataset["text"] = SIZES.includes(text) ? text : "usual";
  root.dataset["theme"] = THEMES.includes(theme) ? theme : "system";
}

/** @param {import("./i18n.js").Language} language */
async function changeLanguage(language) {
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

let first = true;

/** @param {import("./router.js").Page} page */
function draw(page) {
  hush();
  document.title = `${page.title} · ${t("app.name")}`;
  show(main, page.content);
  scrollTo(0, 0);
  if (!first) /** @type {HTMLElement | null} */ (main.querySelector("h1"))?.focus();
  first = false;
}

/** What went wrong while a page was made: who is not signed in signs in and comes back. @param {any} trouble */
function failed(trouble) {
  if (trouble instanceof Problem && trouble.code === "not_signed_in") {
    comeBackHere();
    go("/sign-in");
  }
  if (trouble instanceof Problem && trouble.code === "session_handed_over") goInstead("/handed-over");
  return troublePage(trouble);
}

/** Addresses out of messages: what they name, and where it leads. @type {Record<string, string>} */
const SENT = { "?invitation": "/invited", "?not-me": "/not-me" };

/** The token of a message's address is taken out of sight at once, and kept until it was used. */
function takeSent() {
  const path = SENT[location.search];
  if (!path) return;
  if (location.hash) tab.write("sent", location.hash.slice(1));
  history.replaceState(null, "", `${location.pathname}#${path}`);
}

async function begin() {
  look();
  takeSent();
  await Promise.all([speak(wished()), joinOthers()]);
  drawFrame();
  if (!isSignedIn() && here() === "/") history.replaceState(null, "", "#/sign-in");
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, stayAwake, { passive: true });
  await startRouter(routes, draw, failed);
  fetchAll();
}

begin();
