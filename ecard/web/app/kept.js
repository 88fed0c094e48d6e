// @ts-check
/**
 * What a browser keeps for us. Typed words and tokens of a session: until the tab is closed. The
 * phone's own secret, language and looks: for good. Where nothing can be kept (a full or closed
 * store), memory has to do: everything works on, until the page is left.
 */

/** What is ours in the store: each app served from here has a name of its own. */
export const ours = document.documentElement.dataset["store"] ?? "ecard";

/** @type {Map<string, string>} */
const memory = new Map();

/** @param {"sessionStorage" | "localStorage"} where */
function place(where) {
  return {
    /** @param {string} name @returns {any} */
    read(name) {
      try {
        const text = window[where].getItem(`${ours}.${name}`);
        if (text !== null) return JSON.parse(text);
      } catch { /* closed to us, or not ours: memory knows */ }
      const text = memory.get(where + name);
      return text === undefined ? null : JSON.parse(text);
    },
    /** @param {string} name @param {any} value */
    write(name, value) {
      const text = JSON.stringify(value);
      memory.set(where + name, text);
      try {
        window[where].setItem(`${ours}.${name}`, text);
      } catch {
        leave(where, name); // full or closed to us: an older value would be read instead of memory's
      }
    },
    /** @param {string} name */
    forget(name) {
      memory.delete(where + name);
      leave(where, name);
    },
  };
}

/** Nothing of this name in the browser's own store. @param {"sessionStorage" | "localStorage"} where @param {string} name */
function leave(where, name) {
  try {
    window[where].removeItem(`${ours}.${name}`);
  } catch { /* closed to us */ }
}

export const tab = place("sessionStorage");
export const browser = place("localStorage");

/** Forget all that was typed and all tokens: somebody else may sit here next. */
export function forgetTab() {
  memory.forEach((_, name) => name.startsWith("sessionStorage") && memory.delete(name));
  try {
    window.sessionStorage.clear();
  } catch { /* closed to us */ }
}
