// Loaded by the first button that copies or downloads.
(() => {
  "use strict";
  const doc = document;
  const $ = (selector, scope = doc) => scope.querySelector(selector);
  const announce = (key, tone) => doc.dispatchEvent(new CustomEvent("announce", { detail: [key, tone] }));

  function stored() {
    const box = $("[data-shown-once]");
    if (box) box.dataset.stored = "";
  }
  async function copy(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(source);
      return doc.execCommand("copy");
    }
  }

  /* Said in the button as well, for a moment: the eye is there */
  function tell(button, done) {
    announce(done ? "copied" : "notCopied", done ? "ok" : "warn");
    if (!done || "copied" in button.dataset) return;
    const kept = [...button.childNodes];
    button.replaceChildren(doc.body.dataset.copied);
    button.dataset.copied = "";
    setTimeout(() => {
      button.replaceChildren(...kept);
      delete button.dataset.copied;
    }, 2000);
  }

  function download(button) {
    const link = doc.createElement("a");
    const text = `${$("[data-env-line], [data-codes]").textContent}\n`;
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = button.dataset.download;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  doc.addEventListener("copy", () => {
    const node = getSelection().anchorNode;
    if ((node?.nodeType === 3 ? node.parentElement : node)?.closest?.("[data-secret], [data-codes]")) stored();
  });

  doc.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) {
      const done = await copy($(`[data-${button.dataset.copy}]`));
      if (done && button.dataset.copy !== "curl") stored();
      tell(button, done);
    } else if ("copyBefore" in button.dataset) {
      tell(button, await copy(button.previousElementSibling));
    } else if (button.dataset.download) {
      download(button);
      stored();
      announce("downloaded", "ok");
    }
  });
})();
