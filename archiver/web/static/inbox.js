// One key does what one button or link of the inbox does. Everything works without this script.
// The keys are off while something is typed, and can be switched off (WCAG 2.2, 2.1.4).
"use strict";
(() => {
  const box = document.getElementById("tangenter");
  const KEY = "diarkiv-tangenter";
  if (box) {
    box.checked = localStorage.getItem(KEY) !== "av";
    box.addEventListener("change", () => localStorage.setItem(KEY, box.checked ? "pa" : "av"));
  }

  const threads = [...document.querySelectorAll("[data-thread]")];
  const present = threads.findIndex((one) => one.getAttribute("aria-current"));
  const typing = (where) => where.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || (box && !box.checked)) return;
    if (event.key === "Escape" ? false : typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "j" || key === "k") {
      const next = threads[present + (key === "j" ? 1 : -1)];
      if (next) next.click();
      return;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (target) {
      event.preventDefault();
      target.click();
    }
  });

  // What was opened by a key is where one goes on: the form's first field, or the list's item.
  const doing = document.querySelector(".doing");
  const told = document.getElementById("fel"); // takes the focus itself
  const first = doing && !told && doing.querySelector("input:not([type=hidden]), select");
  // After the page has gone to the address's fragment.
  if (first) addEventListener("load", () => setTimeout(() => first.focus()));
  const current = document.querySelector(".desk-list .current");
  if (current) current.scrollIntoView({ block: "nearest" });

  const clocks = [...document.querySelectorAll("[data-left]")];
  if (clocks.length) {
    const began = performance.now();
    setInterval(() => {
      for (const one of clocks) {
        const left = Number(one.dataset.left) - (performance.now() - began) / 1000;
        one.textContent = String(Math.max(0, Math.round(left)));
      }
    }, 1000);
  }
})();
