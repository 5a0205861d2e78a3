// Arrow keys move between the days of the calendar, and Tab passes it by with one stop.
// Without this script every day is a stop of its own.
"use strict";
(() => {
  const year = document.getElementById("kalender");
  if (!year) return;
  const days = [...year.querySelectorAll("a")];
  if (!days.length) return;
  let here = days[days.length - 1];
  const stop = (day) => {
    here.tabIndex = -1;
    here = day;
    here.tabIndex = 0;
  };
  days.forEach((day) => { day.tabIndex = -1; });
  stop(here);
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7 };
  year.addEventListener("keydown", (event) => {
    const at = days.indexOf(document.activeElement);
    if (at < 0) return;
    let to = at;
    if (event.key in steps) to = at + steps[event.key];
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = days.length - 1;
    else return;
    event.preventDefault();
    const day = days[Math.min(Math.max(to, 0), days.length - 1)];
    stop(day);
    day.focus();
  });
  year.addEventListener("focusin", (event) => {
    if (days.includes(event.target)) stop(event.target);
  });
})();
