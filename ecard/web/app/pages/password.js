// @ts-check
/** The e-card's password: set for the first time; and the phone taken back from a relative. */

import { ask, post, Wish } from "../api.js";
import { t } from "../i18n.js";
import { tab } from "../kept.js";
import { digits, door, form, lead, page, sixDigits } from "../parts.js";
import { go, goInstead } from "../router.js";
import { capture, closedCapture } from "../session.js";

export function newPasswordPage() {
  const first = sixDigits({ name: "password", label: t("password.new"), hint: t("password.rule"), check: tooEasy, attributes: { autocomplete: "new-password" } });
  const second = sixDigits({
    name: "repeat", label: t("password.repeat"), attributes: { autocomplete: "new-password" },
    check: (value) => (value === digits(first.value()) ? "" : t("check.differs")),
  });
  const entry = form({
    name: "new_password", fields: [first, second], submit: t("password.set"),
    send: async (values) => {
      await ask("PUT", "/card/password", { json: { password: digits(values.password) } });
      const after = tab.read("after_password") ?? "/my";
      tab.forget("after_password");
      goInstead(after);
    },
  });
  return page({ title: t("password.title"), back: "/my" }, lead(t("password.lead")), entry);
}

/** A repetition or a row; what else is easy only the service knows. @param {string} value */
function tooEasy(value) {
  const steps = Array.from(value).slice(1).map((digit, place) => Number(digit) - Number(value[place]));
  return steps.every((step) => step === steps[0] && Math.abs(step) <= 1) ? t("check.easy") : "";
}

/** In place of the holder's pages, while the phone is in the relative's hands. */
export function handedOverPage() {
  return page({ title: t("handed.title") }, lead(t("handed.lead")),
    capture() && door(t("handed.go_on"), "/face", { icon: "person" }),
    door(t("way.unlock_session"), "/unlock", { second: true }));
}

export function unlockPage() {
  const wish = new Wish();
  const password = sixDigits({ name: "password", label: t("password.label") });
  const entry = form({
    name: "unlock", fields: [password], submit: t("unlock.button"),
    send: async (values) => {
      await post("/session/unlock", { password: digits(values.password) }, wish);
      const link = capture()?.link;
      closedCapture();
      go(link ? `/link/${link}` : "/family");
    },
  });
  return page({ title: t("unlock.title") }, lead(t("unlock.lead")), entry);
}
