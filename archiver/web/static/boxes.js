// Draws a box on a page by pointer, moves it by arrow keys, and shows how the page then leaves.
// Without this script the fields and the list of words do the same, and the page shows it afterwards.
"use strict";
(() => {
  const sheet = document.getElementById("yta");
  if (!sheet) return;
  const field = (name) => document.getElementById(name);
  const fields = ["vanster", "topp", "bredd", "hojd"].map(field);
  const drawn = field("ny");
  const marks = field("orden-pa-sidan");
  const out = field("ut");
  const mover = field("flytta");
  const status = field("lage-ruta");
  const form = field("besluta");
  const number = (name) => Number(sheet.dataset[name]);
  const cell = [number("cellWidth"), number("cellHeight")];
  const size = [number("width"), number("height")];
  const most = size.map((side, i) => Math.ceil(side / cell[i]));
  field("flytta-rad").hidden = false;

  const read = () => {
    const values = fields.map((one) => (one.value === "" ? NaN : Number(one.value)));
    return values.every((one) => Number.isInteger(one) && one >= 0) ? values : null;
  };

  const place = (element, x, y, width, height) => {
    Object.entries({ x, y, width, height }).forEach(([name, value]) => element.setAttribute(name, value));
  };

  const words = () => [...document.querySelectorAll("input[name=ord]:checked")];

  let waiting = 0;
  const show = () => {
    const box = read();
    if (box) {
      place(drawn, box[0] * cell[0], box[1] * cell[1], box[2] * cell[0], box[3] * cell[1]);
    } else {
      place(drawn, 0, 0, 0, 0);
    }
    marks.replaceChildren(...words().map((one) => {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      rect.setAttribute("class", "box-new");
      place(rect, ...one.value.split(","));
      return rect;
    }));
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const asked = new URL(out.dataset.source, window.location.href);
      if (box) fields.forEach((one) => asked.searchParams.set(one.name, one.value));
      words().slice(0, 100).forEach((one) => asked.searchParams.append("ord", one.value));
      if (out.src !== asked.href) out.src = asked.href;
    }, 300);
  };

  const write = (left, top, width, height) => {
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    const x = within(left, 0, most[0] - 1);
    const y = within(top, 0, most[1] - 1);
    const values = [x, y, within(width, 1, most[0] - x), within(height, 1, most[1] - y)];
    fields.forEach((one, i) => { one.value = values[i]; });
    show();
  };

  // By pointer: from where it went down to where it is, outwards to whole cells.
  let start = null;
  const at = (event) => {
    const shown = sheet.getBoundingClientRect();
    const share = [(event.clientX - shown.left) / shown.width, (event.clientY - shown.top) / shown.height];
    return share.map((one, i) => Math.max(0, Math.min(one, 0.999999)) * size[i] / cell[i]);
  };
  const stretch = (event) => {
    const end = at(event);
    const low = start.map((one, i) => Math.floor(Math.min(one, end[i])));
    const high = start.map((one, i) => Math.ceil(Math.max(one, end[i])));
    write(low[0], low[1], high[0] - low[0], high[1] - low[1]);
  };
  sheet.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    start = at(event);
    stretch(event);
  });
  sheet.addEventListener("pointermove", (event) => { if (start) stretch(event); });
  sheet.addEventListener("pointerup", () => { start = null; });
  sheet.addEventListener("pointercancel", () => { start = null; });

  // By arrow keys.
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  mover.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [left, top, width, height] = read() || [0, 0, 2, 4];
    if (event.shiftKey) {
      write(left, top, width + step[0], height + step[1]);
    } else {
      write(left + step[0], top + step[1], width, height);
    }
    status.textContent = mover.dataset.words.replace("{}", fields.map((one) => one.value).join(", "));
  });

  fields.forEach((one) => one.addEventListener("input", show));
  form.addEventListener("change", show);
  document.querySelectorAll("input[name=ord]").forEach((one) => one.addEventListener("change", show));
  show();
})();
