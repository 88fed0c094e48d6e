// @ts-check
/** A new password for the e-card without the old one: by a code and the own face, or a code from a counter. */

import { ask, newKey, post, Wish } from "../api.js";
import { cameraPage } from "../capture.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { banner, button, digits, door, form, inset, lead, line, more, page, sixDigits } from "../parts.js";
import { again, go, goInstead } from "../router.js";
import { decisionPage } from "./consent.js";
import { newPassword } from "./password.js";

const PLACE = "/card/password/resets";
/** The code that was typed: for the next page only, and kept nowhere. */
let typed = "";

/** Where a reset goes on. @param {{id: string, next: string}} reset */
const goOn = ({ id, next }) => goInstead(next === "counter" ? "/reset/counter" : `/reset/${id}/${next}`);

export function resetPage() {
  const [asking, opening] = [new Wish(), new Wish()];
  const code = line({ name: "counter_code", label: t("reset.counter_code"), class: "digits", attributes: { autocomplete: "off", maxlength: "24", autocapitalize: "characters" } });
  const entry = form({ name: "reset_counter", fields: [code], submit: t("continue"),
    send: async (values) => goOn(await post(PLACE, { counter_code: values.counter_code.normalize("NFKC").trim() }, opening)) });
  return page({ title: t("reset.title"), back: "/card" }, lead(t("reset.lead")),
    button(t("reset.send"), async () => { await post(`${PLACE}/codes`, undefined, asking); go("/reset/code"); }, { icon: "letter" }),
    more(t("reset.have_counter_code"), entry), door(t("way.counter"), "/counters", { second: true }));
}

export function resetCodePage() {
  const code = sixDigits({ name: "code", label: t("code.label"), secret: false });
  const entry = form({ name: "reset_code", fields: [code], submit: t("continue"), send: async (values) => { typed = digits(values.code); go("/reset/consent"); } });
  return page({ title: t("code.title"), back: "/reset" }, lead(t("reset.code_lead")), entry);
}

/** The own face is compared only for who agrees; who does not goes to a counter. */
export async function resetConsentPage() {
  if (!typed) return resetCodePage();
  const wish = new Wish();
  const notice = await ask("GET", `${PLACE}/notice`);
  return decisionPage({ notice, back: "/reset/code", before: inset("", h("p", {}, t("reset.why_face"))),
    send: (body) => post(PLACE, { ...body, code: typed }, wish), given: goOn, declined: goOn });
}

/** @param {string} id */
export const resetFacePage = (id) => ownFacePage(id, {
  back: "/reset",
  leads: (next) => (next === "counter" ? "/reset/counter" : `/reset/${id}/${next}`),
  otherWay: door(t("way.counter"), "/counters", { second: true }),
});

/**
 * The own face before the camera, for a password or for what else it proves.
 * @param {string} id @param {{back: string, leads: (next: string) => string, otherWay: HTMLElement}} about
 */
export const ownFacePage = (id, { back, leads, otherWay }) => cameraPage({
  id, title: t("face.title"), back,
  draw: (json) => ask("POST", `${PLACE}/${id}/challenges`, { json, key: newKey() }),
  send: (body, key) => ask("POST", `${PLACE}/${id}/face`, { body, key }),
  leads: ({ next }) => (next === "face" ? null : leads(next)),
  retry: () => again,
  otherWay: () => otherWay,
});

/** @param {string} id */
export function resetPasswordPage(id) {
  const { fields, chosen } = newPassword();
  const entry = form({ name: "reset_password", fields, submit: t("password.set"),
    send: async () => { await ask("POST", `${PLACE}/${id}`, { json: { new_password: chosen() } }); typed = ""; goInstead("/reset/done"); } });
  return page({ title: t("password.title"), back: "/card" }, lead(t("password.lead")), entry);
}

export const resetDonePage = () => page({ title: t("reset.done") }, banner("good", "done", t("reset.done_banner")), door(t("my.title"), "/my"));

export const resetCounterPage = () => page({ title: t("reset.at_counter"), back: "/card" }, lead(t("reset.at_counter_lead")), door(t("way.counter"), "/counters"));
