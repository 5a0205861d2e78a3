// Keys for suggestions, and marking by selecting in the text. Everything works without this script.
// The keys are off while something is typed, and can be switched off (WCAG 2.2, 2.1.4).
"use strict";
(() => {
  const box = document.getElementById("tangenter");
  const KEY = "diarkiv-tangenter";
  if (box) {
    box.checked = localStorage.getItem(KEY) !== "av";
    box.addEventListener("change", () => localStorage.setItem(KEY, box.checked ? "pa" : "av"));
  }
  const items = [...document.querySelectorAll("[data-item]")];
  const typing = (where) => where.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  const go = (one) => {
    one.focus();
    one.scrollIntoView({ block: "nearest" });
  };
  const present = () => items.findIndex((one) => one.contains(document.activeElement));

  // Where in a field the selection is, in code points: the archive counts those, browsers do not.
  const at = (node, offset) => {
    const held = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("[data-start]");
    if (!held || node.nodeType !== Node.TEXT_NODE) return null;
    const before = [...node.data.slice(0, offset)].length;
    return { field: held.closest("[data-path]"), place: Number(held.dataset.start) + before };
  };
  let marked = null;
  document.addEventListener("selectionchange", () => {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return;
    const range = chosen.getRangeAt(0);
    const [from, to] = [at(range.startContainer, range.startOffset), at(range.endContainer, range.endOffset)];
    if (!from || !to || from.field !== to.field || !from.field || from.place >= to.place) return;
    marked = { line: `text ${from.field.dataset.path} ${from.place} ${to.place}`, words: chosen.toString() };
    document.getElementById("stalle").value = marked.line;
    document.getElementById("markerat").textContent = marked.words;
    document.getElementById("markering").hidden = false;
  });

  const does = (key) => {
    const item = items[present()] || items[0];
    const button = item && item.querySelector(`[data-do="${CSS.escape(key)}"]`);
    if (button) button.click();
    return Boolean(button);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || (box && !box.checked)) return;
    if (typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let done = false;
    if (key === "j" || key === "k") {
      const next = items[present() + (key === "j" ? 1 : -1)] || (present() < 0 ? items[0] : null);
      if (next) go(next);
      done = Boolean(next);
    } else if (key === "m" && marked) {
      document.querySelector('[value="markering"]').click();
      done = true;
    } else if (key === "a" || key === "l" || key === "r") {
      done = does(key);
    } else if (key === "u") {
      const undo = document.querySelector('[data-key="u"]');
      if (undo) undo.click();
      done = Boolean(undo);
    }
    if (done) event.preventDefault();
  });

  const next = document.querySelector("[data-focus]");
  if (next && !document.getElementById("fel")) addEventListener("load", () => setTimeout(() => go(next)));
})();
