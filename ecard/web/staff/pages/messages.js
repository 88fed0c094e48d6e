// @ts-check
/** What the desk of one's own region was told. */

import { h } from "../../app/dom.js";
import { brief, t } from "../../app/i18n.js";
import { lead, page } from "../../app/parts.js";
import { isA } from "../me.js";
import { paged, table } from "../parts.js";

/** What a message is about, where it can still be opened here. @type {Record<string, string>} */
const ROOMS = { transfer_arrived: "/transfers", transfer_late: "/transfers", transfer_escalated: "/transfers" };

export async function messagesPage() {
  const columns = [t("desk_messages.text"), t("desk_messages.at")];
  const list = await paged("/staff/messages", (items) => table(t("rooms.messages"), columns,
    items.map((one) => [about(one), brief(one.at)])), t("desk_messages.none"));
  return page({ title: t("rooms.messages") }, lead(t("desk_messages.lead")), list);
}

/** @param {any} one */
const about = (one) => (isA("clerk") && one.kind in ROOMS ? h("a", { href: `#${ROOMS[one.kind]}/${one.subject_id}` }, one.text) : one.text);
