// @ts-check
/** The holder's door: the card's number, then the code that comes to the phone on file. */

import { ask, post, Problem, Wish } from "../api.js";
import { demoPeople, fillingFrom, isDemo } from "../demo.js";
import { h, show } from "../dom.js";
import { moment, t } from "../i18n.js";
import { browser, tab } from "../kept.js";
import { announce, button, digits, door, form, inset, lead, line, page, quiet, sixDigits, soft } from "../parts.js";
import { go } from "../router.js";
import { nameOf, phoneOf, signedIn } from "../session.js";

/** @typedef {{id: string, card: string, number: string, address?: string, seen?: string, code?: string}} Signing */

const NAME_CHARACTERS = 60;
const MAIL_SECONDS = 15;
const LOOK_MS = 400;

/** What this browser calls itself among the holder's phones. */
const phoneName = () => `Web · ${navigator.platform || "?"}`.slice(0, NAME_CHARACTERS);

export function signInPage() {
  const wish = new Wish();
  const number = line({
    name: "card_number", label: t("sign_in.number"), hint: t("sign_in.number_hint"), class: "digits",
    attributes: { inputmode: "numeric", autocomplete: "off", maxlength: "40" },
  });
  /** @type {import("../demo.js").People | null} */
  let people = null;
  const offer = h("div", {});
  demoPeople().then((found) => {
    people = found;
    if (found) show(offer, fillingFrom(t("demo.people"), t("demo.people_hint"), found.holders, (one) => `${one.name}, ${one.age}`,
      (one) => { number.fill(one.card_number); number.focus(); }));
  });
  const entry = form({
    name: "sign_in", fields: [number], submit: t("continue"),
    send: (values) => requestCode(values.card_number, wish, addressOf(people, values.card_number)),
  });
  return page({ title: t("sign_in.title") }, lead(t("sign_in.lead")), entry, offer,
    soft(h("a", { href: "#/counters" }, t("sign_in.without"))));
}

/** @param {string} typed @param {Wish} wish @param {string} [address] */
async function requestCode(typed, wish, address) {
  const number = typed.normalize("NFKC").trim();
  const card = await nameOf(number);
  const seen = address && (await newestMail(address))?.at;
  const opened = await post("/sign-in/codes", { card_number: number, ...phone(card) }, wish, { as: "nobody" });
  tab.write("signing", { id: opened.sign_in_id, card, number, address, seen });
  go("/sign-in/code");
}

/** @param {string} card */
const phone = (card) => (phoneOf(card) ? { device_token: phoneOf(card) } : {});

export function codePage() {
  /** @type {Signing | null} */
  const signing = tab.read("signing");
  if (!signing) return signInPage();
  const wish = new Wish();
  const code = sixDigits({ name: "code", label: t("code.label"), secret: false });
  const entry = form({ name: "code", fields: [code], submit: t("sign_in.button"), send: (values) => signIn(signing, digits(values.code), wish) });
  const mail = h("div", {});
  const stop = isDemo && signing.address ? watchMailbox(signing, mail, code) : undefined;
  return page({ title: t("code.title"), back: "/sign-in", leave: stop },
    lead(t("code.lead")), mail, entry,
    button(t("code.again"), async () => {
      await requestCode(signing.number, new Wish(), signing.address);
      announce(t("code.sent"));
    }, { second: true }));
}

/** @param {Signing} signing @param {string} code @param {Wish} wish */
async function signIn(signing, code, wish) {
  const body = { sign_in_id: signing.id, code, device_name: phoneName(), ...phone(signing.card) };
  try {
    signedIn(await post("/sign-in", body, wish, { as: "nobody" }), signing.card);
  } catch (trouble) {
    if (trouble instanceof Problem && trouble.next === "recover") tab.write("signing", { ...signing, code });
    throw trouble;
  }
  arrive();
}

/** Where the person wanted to go before they were asked who they are. */
function arrive() {
  const after = tab.read("after") ?? "/my";
  tab.forget("after");
  tab.forget("signing");
  go(after);
}

// --- a new phone -------------------------------------------------------------------------------

export function recoverPage() {
  /** @type {Signing | null} */
  const signing = tab.read("signing");
  if (!signing) return signInPage();
  const waiting = browser.read("recoveries")?.[signing.card];
  if (waiting) return waitingPage(signing, waiting);
  const wish = new Wish();
  return page({ title: t("recover.title"), back: "/sign-in" },
    lead(t("recover.lead")), soft(t("recover.why")),
    button(t("recover.begin"), async () => {
      const body = { sign_in_id: signing.id, code: signing.code, device_name: phoneName() };
      const opened = await post("/recoveries", body, wish, { as: "nobody" });
      browser.write("recoveries", { ...browser.read("recoveries"), [signing.card]: { token: opened.recovery_token, ready: opened.ready_at } });
      go("/recover");
    }),
    door(t("way.counter"), "/counters", { second: true }));
}

/** @param {Signing} signing @param {{token: string, ready: string}} waiting */
function waitingPage(signing, waiting) {
  const wish = new Wish();
  return page({ title: t("recover.waiting"), back: "/sign-in" },
    lead(t("recover.ready", { time: moment(waiting.ready) })), soft(t("recover.approve")),
    button(t("recover.complete"), async () => {
      try {
        const body = { recovery_token: waiting.token, device_name: phoneName() };
        signedIn(await post("/recoveries/complete", body, wish, { as: "nobody" }), signing.card);
      } catch (trouble) {
        if (trouble instanceof Problem && trouble.code === "recovery_unknown") forgetRecovery(signing.card);
        throw trouble;
      }
      forgetRecovery(signing.card);
      arrive();
    }),
    door(t("way.counter"), "/counters", { second: true }));
}

/** @param {string} card */
function forgetRecovery(card) {
  const { [card]: _, ...rest } = browser.read("recoveries") ?? {};
  browser.write("recoveries", rest);
}

// --- the demo's mailbox -----------------------------------------------------------------------

/** @param {import("../demo.js").People | null} people @param {string} number */
const addressOf = (people, number) =>
  people?.holders.find((one) => one.card_number === digits(number))?.phone;

/** The newest message in the demo's mailbox. @param {string} address @returns {Promise<any>} */
const newestMail = async (address) =>
  (await ask("GET", `/demo/mailbox?address=${encodeURIComponent(address)}`, { as: "nobody" }).catch(() => null))?.items[0];

/**
 * The code, as it came to the phone on file: in the demo its mailbox is open to everybody. What is
 * new is told by what was there before, since this device's clock may be wrong.
 * @param {Signing} signing @param {HTMLElement} place @param {import("../parts.js").Field} field
 */
function watchMailbox({ address = "", seen }, place, field) {
  let left = (MAIL_SECONDS * 1000) / LOOK_MS;
  const timer = setInterval(async () => {
    left -= 1;
    const newest = await newestMail(address);
    const code = newest && newest.at !== seen ? /\b\d{6}\b/.exec(newest.text)?.[0] : null;
    if (code) {
      show(place, inset("warm", h("h2", {}, t("demo.mail", { address })), h("p", {}, newest.text),
        quiet(t("demo.use_code", { code }), () => { field.fill(code); field.focus(); })));
    }
    if (code || left <= 0) clearInterval(timer);
  }, LOOK_MS);
  return () => clearInterval(timer);
}
