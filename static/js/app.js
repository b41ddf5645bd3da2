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
      return requestAnimationFrame(() => { status.textContent = text; });
    }
    const line = $("#page-status");
    if (line) return Object.assign(line, { className: `note ${tone}`, textContent: text });
    const toast = $("#toast-template")?.content.firstElementChild.cloneNode(true);
    if (!toast) return;
    toast.classList.add(tone);
    $("p", toast).textContent = text;
    $("#toasts").append(toast);
  }

  function keepToast(toast) {
    if (toast.dataset.timed || toast.classList.contains("bad")) return;
    toast.dataset.timed = "1";
    const later = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? later() : toast.remove()), 8000);
    later();
  }

  /* The dialog: content opens it, no content closes it */
  let opener = null,
    list,
    place,
    warned = false;
  const shownOnce = (scope) => $("[data-shown-once]", scope);
  const uncopied = () => {
    const box = shownOnce(body);
    return box && !("stored" in box.dataset);
  };

  function focus(target) {
    if (target.matches("h2")) target.tabIndex = -1;
    target.focus({ preventScroll: !dialog.open });
  }

  function arrived() {
    status.textContent = "";
    warned = false;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    prepare(body);
    guardBack();
    const target = $("[data-error-summary]", body) || $("[autofocus], [data-autofocus]", body) ||
      (matchMedia("(pointer: fine)").matches && $("input[type='text']", body)) || $("h2", body);
    if (target) focus(target);
  }

  function emptied() {
    // To close it empties it once more, of white space.
    if (!dialog.open && !opener) return;
    status.textContent = "";
    if (isOver()) history.back();
    if (dialog.open) dialog.close();
    const again = opener && (opener.isConnected ? opener : $(`a[href="${CSS.escape(opener.getAttribute("href") || "")}"]`));
    // Where its row is gone: the one that took its place, or the last, or else what says that there is none.
    const names = $$(`#${list} tbody th a`);
    focus(again || names[Math.min(place, names.length) - 1] || $(`#${list} h2`) || $("#main"));
    opener = null;
  }

  // Nobody leaves an act that is under way: its answer says what came of it, here and in the list behind.
  const acting = () => $("form[data-busy]", body);

  function close(force) {
    if (acting()) return;
    if (!force && uncopied() && !warned) {
      warned = true;
      announce(say("uncopied"), "warn");
      return $("[data-stored-button]", body)?.focus();
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
    // The browser may let Esc through whatever "cancel" says; over a token or an act it must not.
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !(uncopied() || acting())) return;
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
    const gone = $$("[data-gone]", box);
    for (const one of gone) one.hidden = false;
    box.replaceChildren(...gone);
    delete box.dataset.shownOnce;
  }
  addEventListener("pagehide", forget);

  /* Back from a secret leads to the list; where it stands on a page, to load that again does so too */
  const isOver = () => history.state === 1;
  const guardBack = () => shownOnce(body) && !isOver() && history.pushState(1, "");
  addEventListener("popstate", () => {
    if (!shownOnce(body) || isOver()) return;
    if (uncopied() && !warned) guardBack();
    close();
  });
  if (shownOnce(doc)) history.replaceState(null, "", $("[data-stored-button]")?.href);
  addEventListener("pageshow", (event) => {
    if (event.persisted) forget();
    $$("form[data-busy]").forEach(idle);
  });

  // What comes with another script speaks with the same voice.
  doc.addEventListener("announce", ({ detail }) => announce(say(detail[0]), detail[1]));

  doc.addEventListener("click", (event) => {
    const target = event.target.closest("a, button, summary");
    if (!target) return;
    if (target.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopPropagation();
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
    } else if (target.matches(OPENS) && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      // A key asks for another tab or window.
      event.preventDefault();
      openDialog(target);
    }
  }, true);

  /* Forms: one submit at a time */
  function idle(form) {
    delete form.dataset.busy;
    $$("[aria-disabled='true']", form).forEach((button) => button.removeAttribute("aria-disabled"));
  }
  // The address of a search says only what was filled in
  doc.addEventListener("formdata", ({ target, formData }) => {
    if (target.method === "get")
      for (const [name, value] of [...formData]) value || formData.delete(name);
  });

  doc.addEventListener("submit", (event) => {
    const form = event.target;
    // After a download, or another theme, the page is still there, to be used again.
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

  // A script that only some pages need comes with what needs it; one that was lost on the way is asked for again.
  const scripts = {};
  const load = (address) =>
    (scripts[address] ??= new Promise((tell) => {
      const script = doc.createElement("script");
      script.src = address;
      script.onload = () => tell(true);
      script.onerror = () => {
        delete scripts[address];
        tell(false);
      };
      doc.head.append(script);
    }));

  /* htmx comes once the pointer or the focus is on what needs it, into a complete page: before, it does not start */
  const OPENS = "[data-dialog], .tokens .c-actions a";
  const complete = new Promise((is) => (doc.readyState === "complete" ? is() : addEventListener("load", is)));
  async function withHtmx() {
    await complete;
    const runs = await load(doc.body.dataset.htmx);
    // Without it nothing is found while one types.
    for (const button of $$("button[data-plain-only]")) button.hidden = runs;
    // What trouble() says where it is seen, htmx need not write to the console too, nor that a newer request took the
    // place of one; all its other errors it does write.
    if (runs) htmx.logger = (_element, name, detail) => {
      if (/:(afterRequest|responseError|sendAbort|sendError|timeout)$/.test(name)) delete detail.error;
    };
    return runs;
  }
  const ask = (url, where) => htmx.ajax("GET", url, where).catch(() => {});

  async function openDialog(link) {
    if (!dialog.contains(link)) {
      opener = link;
      list = link.closest(".list")?.id;
      place = link.closest("tr")?.rowIndex;
    }
    if (!(await withHtmx())) return location.assign(link.href);
    // The last press counts: what a former one asks for would come over what is read, or typed, by then.
    htmx.trigger(doc.body, "htmx:abort");
    ask(link.getAttribute("href"), "#dialog-body");
  }

  async function bring({ target, type }) {
    const details = target.closest("details:has([hx-get])");
    if (window.htmx || !(details || target.closest(`[hx-get], ${OPENS}`)) || !(await withHtmx())) return;
    // What it has missed: that the filters were opened, that a field has the focus, and what was typed there.
    if (details?.open) htmx.trigger(details, "toggle");
    if (type !== "focusin" || !target.matches("[hx-get]")) return;
    htmx.trigger(target, "focus");
    if (target.value !== target.defaultValue) ask(target.getAttribute("hx-get"), { source: target });
  }
  for (const name of ["pointerover", "focusin"]) doc.addEventListener(name, bring);

  /* The second press of a double click falls on what appears under it: nobody has stored, or read, that yet */
  function holdBack(button) {
    button.style.pointerEvents = "none";
    setTimeout(() => (button.style.pointerEvents = ""), "storedButton" in button.dataset ? 1000 : 500);
  }

  /* What a page or a dialog needs once its content is there */
  async function prepare(scope) {
    $$("[data-stored-button], .dialog-foot .danger", scope).forEach(holdBack);
    for (const element of $$("[data-plain-only]", scope)) element.hidden = true;
    const needed = $$("[data-script]", scope).map(({ dataset }) => load(dataset.script));
    // A button that is seen works: pressed before its script runs, it would do nothing.
    if (needed.length && (await Promise.all(needed)).includes(false)) return;
    for (const element of $$("[data-needs-script]", scope)) element.hidden = false;
  }
  // How many are chosen is counted from the first tick on, also of those that a browser ticks again on the way back.
  const countOf = (box) => box?.form?.dataset.count && load(box.form.dataset.count);
  addEventListener("pageshow", () => setTimeout(() => countOf($(".tick:checked"))));
  doc.addEventListener("input", ({ target }) => {
    countOf(target);
    // Who has found what they looked for searches no more: the form is sent as it stands.
    const searches = target.matches("[data-found] input") ? $$("[type='search']", target.closest("[data-chooser]")) : [];
    for (const search of searches) search.value = "";
  });
  // What htmx puts into the page has boxes for those with a script too; the dialog prepares what arrives in it.
  doc.addEventListener("htmx:load", ({ detail }) => prepare(detail.elt));
  addEventListener("DOMContentLoaded", () => {
    prepare(doc);
    if ($("[hx-trigger^='load']")) withHtmx();
    bring({ target: doc.activeElement, type: "focusin" });
    $$("#toasts .toast").forEach(keepToast);
  });
  // Esc takes the name of an icon out of sight, until the pointer or the focus has been elsewhere.
  doc.addEventListener("keydown", ({ key }) => {
    if (key === "Escape")
      for (const button of $$(".icon-only:is(:hover, :focus-visible)")) button.dataset.hushed = "";
  });
  for (const name of ["pointerover", "focusin"]) doc.addEventListener(name, ({ target }) => {
    for (const button of $$("[data-hushed]"))
      if (!button.contains(target)) delete button.dataset.hushed;
  });
  // What went wrong, or else what was done, where no field waits to be filled in.
  const told = () => $("main [data-error-summary]") || (doc.activeElement === doc.body && $("main [data-told]"));
  addEventListener("load", () => requestAnimationFrame(() => told()?.focus?.()));
})();
