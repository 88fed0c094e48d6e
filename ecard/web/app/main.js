// @ts-check
/** The app begins here: language, looks, the session of another tab, then the page of the address. */

import { Problem, read, stayAwake } from "./api.js";
import { show } from "./dom.js";
import { drawFrame, look, main } from "./frame.js";
import { liveIn, speak, t, wished } from "./i18n.js";
import { tab } from "./kept.js";
import { comeBackHere, troublePage } from "./parts.js";
import { go, goInstead, here, startRouter } from "./router.js";
import { card, isSignedIn, joinOthers } from "./session.js";
import { fetchAll, routes } from "./routes.js";
import { hush } from "./speech.js";

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

let homeOf = "";

/** A phone may be in another place than the card: days are the card's. Unknown, they are the phone's. */
async function findHome() {
  if (!isSignedIn() || homeOf === card()) return;
  const policy = await read("/policy").catch(() => null);
  if (!policy) return;
  homeOf = card();
  liveIn(policy.time_zone);
}

/** Addresses out of messages: what they name, and where it leads. @type {Record<string, string>} */
const SENT = { "?invitation": "/invited", "?not-me": "/not-me", "?of-age": "/of-age", "?other-guardians": "/guarded" };

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
  await startRouter(routes, draw, failed, findHome);
  fetchAll();
}

begin();
