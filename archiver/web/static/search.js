// "/" goes to the search box, from every page. Everything works without this script.
// It is off while something is typed, and switched off here or with the inbox's keys (WCAG 2.2, 2.1.4).
"use strict";
(() => {
  const link = document.querySelector("[data-search]");
  const box = document.getElementById("q");
  const KEY = "diarkiv-tangenter";
  const choice = document.getElementById("snedstreck");
  if (choice) {
    choice.checked = localStorage.getItem(KEY) !== "av";
    choice.addEventListener("change", () => localStorage.setItem(KEY, choice.checked ? "pa" : "av"));
  }
  const typing = (where) =>
    where.isContentEditable || where.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (localStorage.getItem(KEY) === "av" || !(box || link)) return;
    event.preventDefault();
    if (box) {
      box.focus();
      box.select();
    } else location.href = link.href + "#q";
  });
  if (box && location.hash === "#q") box.focus();
})();
