// Follows long work: asks /progress, moves the bar, and renews the figures when a step is done.
// Without this script the page renews itself by meta refresh.
"use strict";
(() => {
  const panel = document.getElementById("forlopp");
  if (!panel) return;
  const part = (name) => document.getElementById(`forlopp-${name}`);
  let shown = part("stapel").value;

  const renew = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("aktuellt");
    const old = document.getElementById("aktuellt");
    // Never take the page away under somebody who is in it.
    if (fresh && old && !old.contains(document.activeElement)) old.replaceWith(fresh);
  };

  const look = async () => {
    let state;
    try {
      const answer = await fetch(panel.dataset.source, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      state = await answer.json();
    } catch {
      setTimeout(look, 5000);
      return;
    }
    if (state.total) {
      part("stapel").max = state.total;
      part("stapel").value = state.done;
      part("titel").textContent = state.title;
      part("klart").textContent = state.done;
      part("alla").textContent = state.total;
      if (part("text").textContent !== state.note) part("text").textContent = state.note;
    }
    if (!state.running) {
      location.reload();
      return;
    }
    if (state.done !== shown) {
      shown = state.done;
      await renew();
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1000);
})();
