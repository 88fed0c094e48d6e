// @ts-check
/** The e-card's password: set for the first time, changed; and the phone taken back from a relative. */

import { ask, post, Wish } from "../api.js";
import { t } from "../i18n.js";
import { tab } from "../kept.js";
import { digits, door, form, h, lead, page, sixDigits, soft } from "../parts.js";
import { go, goInstead } from "../router.js";
import { capture, closedCapture } from "../session.js";

/** Two fields for a new one. */
export function newPassword() {
  const first = sixDigits({ name: "password", label: t("password.new"), hint: t("password.rule"), check: tooEasy, attributes: { autocomplete: "new-password" } });
  const second = sixDigits({
    name: "repeat", label: t("password.repeat"), attributes: { autocomplete: "new-password" },
    check: (value) => (value === digits(first.value()) ? "" : t("check.differs")),
  });
  return { fields: [first, second], chosen: () => digits(first.value()) };
}

export function newPasswordPage() {
  const { fields, chosen } = newPassword();
  const entry = form({
    name: "new_password", fields, submit: t("password.set"),
    send: async () => {
      await ask("PUT", "/card/password", { json: { password: chosen() } });
      const after = tab.read("after_password") ?? "/my";
      tab.forget("after_password");
      goInstead(after);
    },
  });
  return page({ title: t("password.title"), back: "/my" }, lead(t("password.lead")), entry);
}

export function changePasswordPage() {
  const wish = new Wish();
  const { fields, chosen } = newPassword();
  const old = sixDigits({ name: "old", label: t("password.old") });
  const entry = form({ name: "change_password", fields: [old, ...fields], submit: t("password.set"),
    send: async (values) => { await post("/card/password/change", { old: digits(values.old), new: chosen() }, wish); goInstead("/card"); } });
  return page({ title: t("password.change"), back: "/card" }, lead(t("password.lead")), entry, soft(h("a", { href: "#/reset" }, t("reset.link"))));
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
