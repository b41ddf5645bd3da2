// Passkeys: the browser is asked when the form is sent, and its answer goes with the form. Words come from the data attributes of its status line.
(() => {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (credentials = []) => credentials.map((one) => ({
    ...one,
    id: bytes(one.id)
  }));

  async function optionsOf(form) {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.dataset.optionsUrl, {
      credentials: "same-origin",
      headers: {
        Accept: "application/json"
      }
    });
    if (!answer.ok) throw answer;
    return answer.json();
  }

  function ask(act, {
    publicKey
  }) {
    const options = {
      ...publicKey,
      challenge: bytes(publicKey.challenge)
    };
    if (act === "get") return navigator.credentials.get({
      publicKey: {
        ...options,
        allowCredentials: named(publicKey.allowCredentials)
      }
    });
    const user = {
      ...publicKey.user,
      id: bytes(publicKey.user.id)
    };
    return navigator.credentials.create({
      publicKey: {
        ...options,
        user,
        excludeCredentials: named(publicKey.excludeCredentials)
      }
    });
  }

  function written(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (credential.response[name]) response[name] = text(credential.response[name]);
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  }

  function wordFor(error) {
    if (error instanceof Response || error instanceof TypeError) return "offline";
    return {
      NotAllowedError: "cancelled",
      AbortError: "cancelled",
      InvalidStateError: "known"
    } [error.name] || "failed";
  }

  async function send(form) {
    const status = form.querySelector("[data-passkey-status]");
    status.textContent = "";
    if (form.dataset.asking || !form.reportValidity()) return;
    form.dataset.asking = "1";
    try {
      form.elements.credential.value = written(await ask(form.dataset.passkey, await optionsOf(form)));
    } catch (error) {
      status.textContent = status.dataset[wordFor(error)];
      return;
    } finally {
      delete form.dataset.asking;
    }
    form.requestSubmit();
  }
  // At the window, so before the page's own listener takes the form for sent.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]") || form.elements.credential.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send(form);
  }, true);
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.credential.value = "";
  });
  addEventListener("DOMContentLoaded", () => {
    for (const element of document.querySelectorAll("[data-needs-passkeys]")) element.hidden = false;
    for (const element of document.querySelectorAll("[data-no-passkeys]")) element.hidden = true;
  });
})();
