// @ts-check
/** Where the addresses out of messages lead: an invitation of one's own, and "this was not me". */

import { ask, post, Wish } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { tab } from "../kept.js";
import { banner, button, door, inset, lead, page } from "../parts.js";
import { go } from "../router.js";
import { openedCapture } from "../session.js";

export function invitedPage() {
  const wish = new Wish();
  return page({ title: t("invited.title") }, lead(t("invited.lead")),
    inset("", h("p", {}, t("accept.free"))),
    button(t("invited.open"), async () => {
      const opened = await post("/invitations/open", { token: tab.read("sent") ?? "" }, wish, { as: "nobody" });
      tab.forget("sent");
      openedCapture({ link: "", id: opened.id, token: opened.token, via: "invitation" });
      go("/face");
    }),
    door(t("way.counter"), "/counters", { second: true }));
}

/** The end of a visit by invitation: nothing of it stays here. */
export const invitedDonePage = () => page({ title: t("invited.done") }, lead(t("invited.done_lead")), door(t("counters.title"), "/counters", { second: true }));

export function notMePage() {
  return page({ title: t("not_me.title") }, lead(t("not_me.lead")),
    button(t("not_me.yes"), async () => {
      await ask("POST", "/not-me", { json: { token: tab.read("sent") ?? "" }, as: "nobody" });
      tab.forget("sent");
      go("/not-me/done");
    }, { stop: true }),
    door(t("way.counter"), "/counters", { second: true }));
}

export const notMeDonePage = () => page({ title: t("not_me.done") }, banner("good", "done", t("not_me.done_lead")), door(t("counters.title"), "/counters", { second: true }));
