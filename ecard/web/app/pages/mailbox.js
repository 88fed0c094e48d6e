// @ts-check
/** The demo's mailbox: what would have gone out. There is none elsewhere. */

import { ask } from "../api.js";
import { h, show } from "../dom.js";
import { moment, t } from "../i18n.js";
import { form, lead, line, page, panel, soft } from "../parts.js";

const ADDRESS = /https?:\/\/\S+?\/((?:invitation|not-me)#[\w-]+|of-age|other-guardians)/g;

/** @type {Record<string, string>} */
const OPENS = { "of-age": "of_age.door", "other-guardians": "guarded.title" };

export function mailboxPage() {
  const found = h("div", { class: "stack", role: "status" });
  const address = line({ name: "address", label: t("mailbox.address"), attributes: { autocomplete: "off", inputmode: "email", maxlength: "254" } });
  const entry = form({
    name: "mailbox", fields: [address], submit: t("mailbox.show"),
    send: async (values) => {
      const { items } = await ask("GET", `/demo/mailbox?address=${encodeURIComponent(values.address.trim())}`, { as: "nobody" });
      show(found, items.length ? items.map(letter) : soft(t("mailbox.none")));
    },
  });
  return page({ title: t("mailbox.title"), back: "/my" }, lead(t("mailbox.lead")), entry, found);
}

/** @param {any} mail */
function letter(mail) {
  const inside = [...mail.text.matchAll(ADDRESS)].map(([, path]) => path);
  return panel(soft(moment(mail.at)), mail.subject && h("h2", {}, mail.subject), h("p", {}, mail.text),
    inside.map((path) => h("p", {}, h("a", { href: `/${path}`, target: "_blank", rel: "noopener" }, t(OPENS[path.split("#")[0]] ?? "mailbox.open")))));
}
