// @ts-check
/** Step 1: the e-card's password opens an application. */

import { post, read, Wish } from "../api.js";
import { cardPassword, granted } from "../grants.js";
import { t } from "../i18n.js";
import { tab } from "../kept.js";
import { button, form, inset, lead, page, soft } from "../parts.js";
import { goInstead } from "../router.js";
import { h } from "../dom.js";

export async function addPage() {
  const card = await read("/card");
  if (card.password === "not_set") return firstPassword();
  const [grant, opened] = [new Wish(), new Wish()];
  const password = cardPassword();
  const entry = form({
    name: "add", fields: [password], submit: t("continue"),
    send: async (values) => {
      const link = await post("/links", { step_up_id: await granted("add_relative", values.password, grant) }, opened);
      goInstead(`/link/${link.id}`);
    },
  });
  return page({ title: t("add.title"), back: "/family", step: 1 }, lead(t("add.lead")),
    entry, soft(h("a", { href: "#/reset" }, t("reset.link"))), inset("", h("p", {}, t("add.ways"))));
}

function firstPassword() {
  tab.write("after_password", "/add");
  return page({ title: t("add.title"), back: "/family", step: 1 }, lead(t("add.no_password")),
    button(t("password.title"), () => goInstead("/password"))); // back leads to the family, not here
}
