// Asks the browser for a passkey, or to make one, and sends the answer with the form.
// Without this script, or in a browser that has no passkeys, the form stays hidden.
"use strict";
(() => {
  const form = document.getElementById("passkey");
  if (!form || !window.PublicKeyCredential) return;
  const status = document.getElementById("passkey-status");
  const words = form.dataset;

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const options = async () => {
    const answer = await fetch(words.question, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
    });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.title || "");
    found.challenge = bytes(found.challenge);
    if (found.user) found.user.id = bytes(found.user.id);
    for (const one of [...(found.excludeCredentials || []), ...(found.allowCredentials || [])]) {
      one.id = bytes(one.id);
    }
    return found;
  };

  const spoken = (made) => {
    const response = { clientDataJSON: text(made.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    return JSON.stringify({
      id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {},
    });
  };

  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = words.waiting;
    try {
      const publicKey = await options();
      const made = words.makes
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
      form.elements["passkey-svar"].value = spoken(made);
      form.submit();
    } catch (error) {
      const taken = error.name === "InvalidStateError";
      const why = taken ? words.taken : error.name === "Error" ? error.message : "";
      status.textContent = why || words.failed;
    }
  });
})();
