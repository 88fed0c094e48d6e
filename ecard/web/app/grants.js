// @ts-check
/** The e-card's password, proved for one thing; the proof is good once. */

import { post } from "./api.js";
import { t } from "./i18n.js";
import { digits, sixDigits } from "./parts.js";

/** The field for it. @param {{hint?: string, needed?: () => boolean}} [more] */
export const cardPassword = (more = {}) => sixDigits({ name: "password", label: t("password.label"), hint: t("password.hint"), ...more });

/**
 * What `step_up_id` asks for.
 * @param {string} purpose @param {string} typed @param {import("./api.js").Wish} wish @returns {Promise<string>}
 */
export const granted = async (purpose, typed, wish) => (await post("/step-ups", { purpose, password: digits(typed) }, wish)).id;
