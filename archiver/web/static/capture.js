// Sends files as they are chosen, one at a time, with a bar, and lists them in the form.
// Without this script they come with the form, and are listed when it comes back.
"use strict";
(() => {
  const field = document.getElementById("filer");
  if (!field || !window.XMLHttpRequest) return;
  const list = document.getElementById("valda");
  const status = document.getElementById("filstatus");
  const draft = document.getElementById("utkast");
  const form = document.getElementById("fangst");
  const button = form.querySelector("button.btn-primary");
  const words = field.dataset;
  let going = Promise.resolve();
  let waiting = 0;

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const chosen = (row, file, answer) => {
    const box = element("input", { type: "checkbox", name: "bort", value: answer.nummer });
    const name = element("span", { className: "visually-hidden" }, ` ${file.name}`);
    row.querySelector("progress").remove();
    row.append(element("label", { className: "check-row" }, box, ` ${words.gone}`, name));
    draft.value = answer.utkast;
    status.textContent = `${file.name}: ${words.done}`;
  };

  const send = (file) => new Promise((resolve) => {
    const bar = element("progress", { max: file.size, value: 0 });
    bar.setAttribute("aria-label", `${file.name}: ${words.going}`);
    const row = element("li", {}, element("span", { className: "break" }, file.name), " ", bar);
    list.append(row);
    status.textContent = `${file.name}: ${words.going}`;
    const body = new FormData();
    body.append("fil", file);
    body.append("utkast", draft.value);
    body.append("csrf_token", form.elements.csrf_token.value);
    const asked = new XMLHttpRequest();
    asked.open("POST", words.source);
    asked.setRequestHeader("Accept", "application/json");
    asked.responseType = "json";
    asked.upload.onprogress = (event) => { bar.value = event.loaded; };
    asked.onloadend = () => {
      if (asked.status === 200 && asked.response) {
        chosen(row, file, asked.response);
      } else {
        const why = asked.response && asked.response.title ? `: ${asked.response.title}` : "";
        row.remove();
        status.textContent = `${file.name} ${words.failed}${why}`;
      }
      resolve();
    };
    asked.send(body);
  });

  field.addEventListener("change", () => {
    const files = [...field.files];
    field.value = ""; // they go by themselves, and not once more with the form
    for (const file of files) {
      waiting += 1;
      button.disabled = true;
      going = going.then(() => send(file)).then(() => {
        waiting -= 1;
        button.disabled = waiting > 0;
      });
    }
  });
})();
