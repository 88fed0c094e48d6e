// @ts-check
/** The staff's door, and the first room behind it. */

import { post, Wish } from "../../app/api.js";
import { h } from "../../app/dom.js";
import { t } from "../../app/i18n.js";
import { tab } from "../../app/kept.js";
import { form, lead, line, page } from "../../app/parts.js";
import { go, goInstead } from "../../app/router.js";
import { signedIn } from "../../app/session.js";
import { rooms, whoAmI } from "../me.js";

export function signInPage() {
  const wish = new Wish();
  const name = line({ name: "user_name", label: t("staff.user_name"), attributes: { autocomplete: "username", maxlength: "64", spellcheck: "false", autocapitalize: "none" } });
  const password = line({ name: "password", label: t("staff.password"), kind: "password", attributes: { autocomplete: "current-password", maxlength: "200" } });
  return page({ title: t("staff.sign_in") }, h("div", { class: "panel door-panel" }, lead(t("staff.sign_in_lead")),
    form({ name: "staff", fields: [name, password], submit: t("sign_in.button"), send: (values) => enter(values, wish) })));
}

/** @param {{user_name: string, password: string}} values @param {Wish} wish */
async function enter(values, wish) {
  const body = { user_name: values.user_name.trim(), password: values.password };
  const opened = await post("/staff/sign-in", body, wish, { as: "nobody" });
  signedIn({ access_token: opened.access_token, refresh_token: "" }, body.user_name);
  await whoAmI();
  const after = tab.read("after") ?? "/";
  tab.forget("after");
  go(after);
}

/** The first room that this person's roles open. */
export function homePage() {
  queueMicrotask(() => goInstead(rooms()[0].path));
  return page({ title: t("staff.name") });
}
