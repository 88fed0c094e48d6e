// @ts-check
/** How the app looks and speaks on this device, and in which language messages are written. */

import { ask, read } from "../api.js";
import { changeLanguage, choose, LOOKS, worn } from "../frame.js";
import { LANGUAGES, spoken, t } from "../i18n.js";
import { announce, choice, door, form, lead, page, panel, several } from "../parts.js";
import { go } from "../router.js";
import { isSignedIn } from "../session.js";
import { canSpeak, isSpeaking, wantSpeech } from "../speech.js";

/** @typedef {import("../frame.js").Look} Look */

export function settingsPage() {
  const tongue = at(choice({ name: "language", label: t("settings.language"), options: Object.entries(LANGUAGES) }), spoken(), changeLanguage);
  const looks = /** @type {Look[]} */ (Object.keys(LOOKS)).map((what) =>
    at(choice({ name: what, label: t(`settings.${what}`), options: LOOKS[what].map((one) => wordsOf(what, one)) }), worn(what), (value) => changed(what, value)));
  const aloud = several({ name: "aloud", label: t("face.sound"), options: [["aloud", t("face.aloud")]], on: isSpeaking() });
  aloud.element.addEventListener("change", () => wantSpeech(aloud.value().length > 0));
  return page({ title: t("settings.title"), back: "/my" }, lead(t("settings.lead")), panel(tongue), looks.map((one) => panel(one)),
    canSpeak() && panel(aloud.element),
    isSignedIn() && door(t("settings.messages_title"), "/settings/messages", { second: true, icon: "letter" }));
}

/** @param {Look} what @param {string} value @returns {[string, string]} */
function wordsOf(what, value) {
  const key = `${what}.${value}`;
  return [value, t(`looks.${key}`)];
}

/** Put on at once, without losing the place on the page. @param {Look} what @param {string} value */
function changed(what, value) {
  choose(what, value);
  document.getElementById(value === LOOKS[what][0] ? `field-${what}` : `field-${what}-${value}`)?.focus();
}

/** A choice that takes effect as it is made. @param {import("../parts.js").Field} field @param {any} now @param {(value: any) => any} work */
function at(field, now, work) {
  field.fill(now);
  field.element.addEventListener("change", () => work(field.value()));
  return field.element;
}

/** The language of messages is kept by the service. */
export async function messageLanguagePage() {
  const { contact } = await read("/my-data?most=1");
  const field = choice({ name: "messages", label: t("settings.messages"), options: Object.entries(LANGUAGES) });
  field.fill(contact.language);
  const entry = form({ name: "message_language", fields: [field], submit: t("save"), send: async ({ messages }) => {
    await ask("PUT", "/my-data/contact-language", { json: { language: messages }, version: contact.version });
    announce(t("settings.kept"));
    go("/settings");
  } });
  return page({ title: t("settings.messages_title"), back: "/settings" }, lead(t("settings.messages_hint")), entry);
}
