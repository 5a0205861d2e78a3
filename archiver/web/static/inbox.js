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

  // Threads that are chosen together. The choice goes along from thread to thread, for as long as
  // nothing of it has changed: its value names every version that was shown.
  const picks = [...document.querySelectorAll(".pick")];
  const CHOSEN = "diarkiv-valda";
  const all = document.getElementById("alla");
  const told_ = document.getElementById("valda");
  const tell = () => {
    const chosen = picks.filter((one) => one.checked);
    sessionStorage.setItem(CHOSEN, JSON.stringify(chosen.map((one) => one.value)));
    if (told_) told_.textContent = chosen.length ? `${told_.dataset.words} ${chosen.length}${told_.dataset.keys}` : told_.dataset.none;
    if (all) all.checked = picks.length > 0 && chosen.length === picks.length;
  };
  if (picks.length) {
    const kept = new Set(JSON.parse(sessionStorage.getItem(CHOSEN) || "[]"));
    let before = -1;
    picks.forEach((one, place) => {
      one.checked = kept.has(one.value);
      one.addEventListener("click", (event) => {
        if (event.shiftKey && before >= 0) {
          const [from, to] = [Math.min(before, place), Math.max(before, place)];
          for (const other of picks.slice(from, to + 1)) other.checked = one.checked;
        }
        before = place;
        tell();
      });
    });
    if (all) {
      document.getElementById("alla-rad").hidden = false;
      all.addEventListener("change", () => {
        for (const one of picks) one.checked = all.checked;
        tell();
      });
    }
    tell();
  }
  const choosing = (key) => {
    const chosen = picks.filter((one) => one.checked);
    if (key === "x") {
      const pick = document.querySelector(".desk-list .current .pick") || picks[0];
      if (pick) pick.click();
      return true;
    }
    if (!chosen.length) return false;
    if (key === "Escape" && !document.querySelector(".doing")) {
      for (const one of chosen) one.checked = false;
      tell();
      return true;
    }
    const button = document.querySelector(`[data-bulk="${CSS.escape(key)}"]`);
    if (button) button.click();
    return Boolean(button) || key === "t"; // T is one thread's: not while several are chosen
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || (box && !box.checked)) return;
    if (event.key === "Escape" ? false : typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "j" || key === "k") {
      const next = threads[present + (key === "j" ? 1 : -1)];
      if (next) next.click();
      return;
    }
    if (choosing(key)) {
      event.preventDefault();
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
