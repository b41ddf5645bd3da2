// Loaded by the menu of themes: the chosen one is there at once, and kept by the server's cookie.
(() => {
  "use strict";
  const doc = document,
    root = doc.documentElement;

  function paint(form, choice) {
    root.dataset.theme = choice;
    for (const one of form.querySelectorAll("[name='theme']")) one.setAttribute("aria-pressed", String(one.value === choice));
  }

  doc.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-theme-form]")) return;
    event.preventDefault();
    const before = root.dataset.theme,
      data = new FormData(form, event.submitter);
    paint(form, data.get("theme"));
    try {
      // As a form without files sends it: no page takes another kind.
      const body = new URLSearchParams(data);
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
      if (!answer.ok && answer.type !== "opaqueredirect") throw answer;
    } catch {
      paint(form, before);
      doc.dispatchEvent(new CustomEvent("announce", { detail: ["offline", "bad"] }));
    }
  });
})();
