// @ts-check
/** What the desk of one's own region was told. */

import { brief, t } from "../../app/i18n.js";
import { lead, page } from "../../app/parts.js";
import { paged, table } from "../parts.js";

export async function messagesPage() {
  const columns = [t("desk_messages.text"), t("desk_messages.at"), t("list.due")];
  const list = await paged("/staff/messages", (items) => table(t("rooms.messages"), columns,
    items.map((one) => [one.text, brief(one.at), one.due_at ? brief(one.due_at) : "–"])), t("desk_messages.none"));
  return page({ title: t("rooms.messages") }, lead(t("desk_messages.lead")), list);
}
