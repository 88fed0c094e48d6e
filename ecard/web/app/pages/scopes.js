// @ts-check
/** What a link allows: taken back by a tap; given anew, for a child or ward, with the e-card's password. */

import { ask, read, Wish } from "../api.js";
import { cardPassword, granted } from "../grants.js";
import { t } from "../i18n.js";
import { form, lead, page, several } from "../parts.js";
import { go } from "../router.js";

/** What can be switched here; paying comes with its own page. */
export const OFFERED = ["rights", "certification", "card_status", "transfer", "qr"];
/** For whom the holder decides. */
export const GUARDED = ["child", "ward"];

/** @param {string} id */
export async function scopesPage(id) {
  const link = await read(`/links/${id}`);
  const wish = new Wish();
  const widens = GUARDED.includes(link.relation);
  const options = OFFERED.filter((one) => widens || link.scopes.includes(one));
  const scopes = several({ name: "scopes", label: t("scopes.label"), needed: true, options: options.map((one) => [one, t(`scope.${one}`)]) });
  scopes.fill(link.scopes);
  const added = () => scopes.value().some((/** @type {string} */ one) => !link.scopes.includes(one));
  const password = cardPassword({ hint: t("scopes.password_hint"), needed: added });
  const entry = form({
    name: `scopes.${id}`, fields: widens ? [scopes, password] : [scopes], submit: t("scopes.save"), link: id,
    send: async (values) => {
      const hidden = link.scopes.filter((/** @type {string} */ one) => !OFFERED.includes(one));
      const grant = added() && widens ? { step_up_id: await granted("give_scope", values.password, wish) } : {};
      const body = { scopes: [...values.scopes, ...hidden], ...grant };
      await ask("PUT", `/links/${id}/scopes`, { json: body, version: link.version });
      go(`/link/${id}`);
    },
  });
  return page({ title: t("scopes.title", { name: link.name }), back: `/link/${id}` }, lead(t(widens ? "scopes.lead_child" : "scopes.lead")), entry);
}
