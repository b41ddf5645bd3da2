// Everything here is an improvement on pages that work without it. Words come from data attributes of <body>.
(() => {
  "use strict";
  const doc = document,
    root = doc.documentElement;
  const $ = (selector, scope = doc) => scope.querySelector(selector);
  const $$ = (selector, scope = doc) => [...scope.querySelectorAll(selector)];
  const dialog = $("#dialog"),
    body = $("#dialog-body"),
    status = $("#dialog-status");
  const say = (key) => doc.body.dataset[key] || "";

  /* One voice: inside the open dialog if there is one, else a toast */
  function announce(text, tone = "ok") {
    if (dialog?.open) {
      status.className = `dialog-status ${tone}`;
      status.textContent = "";
      requestAnimationFrame(() => { status.textContent = text; });
      return;
    }
    const line = $("#page-status");
    if (line) {
      line.className = `note ${tone}`;
      line.textContent = text;
      return;
    }
    const template = $("#toast-template");
    if (!template) return;
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.classList.add(tone);
    $("p", toast).textContent = text;
    $("#toasts").append(toast);
  }

  function keepToast(toast) {
    if (toast.dataset.timed) return;
    toast.dataset.timed = "1";
    if (toast.classList.contains("bad")) return;
    const later = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? later() : toast.remove()), 8000);
    later();
  }

  /* The dialog: content opens it, no content closes it */
  let opener = null,
    warned = false;
  const shownOnce = (scope) => $("[data-shown-once]", scope);
  const uncopied = () => {
    const box = shownOnce(body);
    return box && !("stored" in box.dataset);
  };

  function arrived() {
    status.textContent = "";
    warned = false;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    prepare(body);
    const target = $("[data-error-summary]", body) || $("[autofocus], [data-autofocus]", body) ||
      (matchMedia("(pointer: fine)").matches && $("input[type='text']", body)) || $("h2", body);
    if (target) {
      if (target.matches("h2")) target.tabIndex = -1;
      target.focus();
    }
  }

  function emptied() {
    status.textContent = "";
    if (dialog.open) dialog.close();
    const again = opener && (opener.isConnected ? opener : $(`a[href="${CSS.escape(opener.getAttribute("href") || "")}"]`));
    const place = again || $("#main");
    opener = null;
    place?.focus({ preventScroll: true });
  }

  function close(force) {
    if (!force && uncopied() && !warned) {
      warned = true;
      announce(say("uncopied"), "warn");
      $("[data-stored-button]", body)?.focus();
      return;
    }
    body.replaceChildren();
  }
  if (dialog) {
    new MutationObserver(() => (body.firstElementChild ? arrived() : emptied())).observe(body, { childList: true });
    dialog.addEventListener("cancel", (event) => {
      if (event.target !== dialog) return;
      event.preventDefault();
      close();
    });
    dialog.addEventListener("close", () => body.replaceChildren());
    // The browser may let Esc through whatever "cancel" says; over a token it must not.
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !uncopied()) return;
      event.preventDefault();
      close();
    });
  }
  new MutationObserver(() => $$("#toasts .toast").forEach(keepToast)).observe($("#toasts") || root, { childList: true });

  /* The secret never survives the page: the back/forward cache would show it again */
  function forget() {
    body?.replaceChildren();
    const box = shownOnce(doc);
    if (!box) return;
    box.replaceChildren(...$$("[data-gone]", box).map((gone) => {
      gone.hidden = false;
      return gone;
    }));
    delete box.dataset.shownOnce;
  }
  addEventListener("pagehide", forget);
  addEventListener("pageshow", (event) => {
    if (event.persisted) forget();
    $$("form[data-busy]").forEach(idle);
  });

  /* Copy and download */
  function stored() {
    const box = shownOnce(doc);
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
    const target = event.target.closest("a, button, summary");
    if (!target) return;
    if (target.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopPropagation();
    } else if (target.dataset.copy) {
      const done = await copy($(`[data-${target.dataset.copy}]`));
      if (done && target.dataset.copy !== "curl") stored();
      announce(say(done ? "copied" : "notCopied"), done ? "ok" : "warn");
    } else if (target.dataset.download) {
      download(target);
      stored();
      announce(say("downloaded"), "ok");
    } else if (dialog?.open && target.matches("[data-close]")) {
      event.preventDefault();
      close(target.matches("[data-stored-button]"));
    } else if (target.dataset.show) {
      const field = doc.getElementById(target.dataset.show),
        hide = field.type === "text";
      field.type = hide ? "password" : "text";
      target.setAttribute("aria-pressed", String(!hide));
    } else if (target.matches("[data-dismiss]")) {
      target.closest(".toast").remove();
    } else if (target.matches("[data-error-summary] a")) {
      const field = doc.getElementById(target.hash.slice(1));
      if (field) {
        event.preventDefault();
        (field.matches("fieldset, div") ? $("input", field) : field)?.focus();
      }
    } else if (target.hasAttribute("hx-get") && !dialog?.contains(target)) {
      opener = target;
    }
  }, true);

  /* Forms: one submit at a time */
  function idle(form) {
    delete form.dataset.busy;
    $$("[aria-disabled='true']", form).forEach((button) => button.removeAttribute("aria-disabled"));
  }
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-theme-form]")) {
      event.preventDefault();
      theme(form, event.submitter);
      return;
    }
    // After a download the page is still there, to be used again.
    if (form.method !== "post" || form.matches("[data-stays]")) return;
    if ("busy" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.busy = "";
    // What was shown is a password again: a browser remembers what is typed into fields of text.
    $$("[data-show][aria-pressed='true']", form).forEach((button) => button.click());
    setTimeout(() => $$("[type='submit'], button:not([type])", form).forEach((button) => button.setAttribute("aria-disabled", "true")));
  }, true);
  doc.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form[data-busy]");
    if (form) setTimeout(() => idle(form));
  });

  function trouble(event) {
    const code = event.detail?.xhr?.status;
    announce(say(code === 404 ? "missing" : code === 403 ? "forbidden" : code === 429 ? "slow" : code ? "failed" : "offline"), "bad");
  }
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) doc.addEventListener(name, trouble);
  // What trouble() says where it is seen, htmx need not write to the console too; all its other errors it does write.
  if (window.htmx) htmx.logger = (_element, name, detail) => {
    if (/:(afterRequest|responseError|sendError|timeout)$/.test(name)) delete detail.error;
  };

  /* Theme: at once, and kept by the server's cookie */
  async function theme(form, button) {
    const before = root.dataset.theme,
      data = new FormData(form, button),
      value = data.get("theme");
    const paint = (choice) => {
      root.dataset.theme = choice;
      $$("[name='theme']", form).forEach((one) => one.setAttribute("aria-pressed", String(one.value === choice)));
    };
    paint(value);
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin", redirect: "manual" });
      if (!answer.ok && answer.type !== "opaqueredirect") throw answer;
    } catch {
      paint(before);
      announce(say("offline"), "bad");
    }
  }

  /* What a page or a dialog needs once its content is there */
  function localTime(input) {
    const output = doc.getElementById(`${input.id}_local`);
    if (!output) return;
    const date = new Date(`${input.value}Z`);
    const day = { day: "numeric", month: "short", year: "numeric" };
    const parts = { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
    let clock;
    // A zone that the server knows may be unknown to this browser: then its own is meant.
    try {
      clock = new Intl.DateTimeFormat(root.lang || undefined, { ...parts, timeZone: output.dataset.zone });
    } catch {
      clock = new Intl.DateTimeFormat(root.lang || undefined, parts);
    }
    output.textContent = isNaN(date) ? "" : `${output.dataset.prefix} ${clock.format(date)}`;
  }
  // What the chosen application does not allow is neither seen nor sent; of the times another is ticked in its place.
  function allowedChoices(select) {
    const choices = $$("[data-applications]", select.form);
    // The filter of a list chooses an application too, and nothing depends on it.
    if (!choices.length) return;
    for (const choice of choices) {
      const allowed = !select.value || choice.dataset.applications.split(" ").includes(select.value);
      choice.hidden = !allowed;
      $("input", choice).disabled = !allowed;
      for (const text of $$("[data-offered-by]", choice)) text.hidden = Boolean(select.value);
    }
    const times = choices.map((choice) => $("input[type='radio']", choice)).filter((time) => time && !time.disabled);
    const short = times.filter((time) => Number(time.value) <= 30);
    if (!times.some((time) => time.checked))(short.at(-1) || times[0]).checked = true;
    const none = $("[data-no-scopes]", select.form),
      scopes = choices.filter((choice) => $("input[type='checkbox']", choice));
    if (none) none.hidden = !scopes.length || scopes.some((scope) => !scope.hidden);
  }

  function prepare(scope) {
    for (const element of $$("[data-needs-script]", scope)) element.hidden = false;
    for (const element of $$("[data-plain-only]", scope)) element.hidden = true;
    $$("input[type='datetime-local']", scope).forEach(localTime);
    $$("select[name='application']", scope).forEach(allowedChoices);
  }
  doc.addEventListener("input", ({ target }) => {
    const boxes = target.dataset.tickAll ? $$(`[name="token"][form="${target.dataset.tickAll}"]`) : [];
    for (const box of boxes) box.checked = target.checked;
    if (target.matches("input[type='datetime-local']")) localTime(target);
    if (target.matches("form select[name='application']")) allowedChoices(target);
    // Who has found what they looked for searches no more: the form is sent as it stands.
    const searches = target.matches("[data-found] input") ? $$("[type='search']", target.closest("[data-chooser]")) : [];
    for (const search of searches) search.value = "";
  });
  addEventListener("DOMContentLoaded", () => {
    prepare(doc);
    $$("#toasts .toast").forEach(keepToast);
  });
  addEventListener("load", () => requestAnimationFrame(() => $("main [data-error-summary]")?.focus()));
})();
