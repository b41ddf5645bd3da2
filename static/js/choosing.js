// Loaded by the first form that needs it: the combobox of applications, chips, the filter of scopes, the clock beside an
// instant, and the sentence that sums a token up.
(() => {
  "use strict";
  const doc = document,
    root = doc.documentElement;
  const $ = (selector, scope = doc) => scope.querySelector(selector);
  const $$ = (selector, scope = doc) => [...scope.querySelectorAll(selector)];

  /* An instant to the minute in the one form that the server writes: "31 Jan 2027, 12:00" */
  const PARTS = { day: "numeric", month: "numeric", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const clockOf = (timeZone) => new Intl.DateTimeFormat("en", { ...PARTS, timeZone });

  function written(date, clock) {
    const said = Object.fromEntries(clock.formatToParts(date).map(({ type, value }) => [type, value]));
    said.month = doc.body.dataset.months.split(" ")[said.month - 1];
    return `${doc.body.dataset.date.replace(/{(\w+)}/g, (_whole, name) => said[name])}, ${said.hour}:${said.minute}`;
  }

  /* The instant that is typed, on the reader's clock */
  function localTime(input) {
    const output = doc.getElementById(`${input.id}_local`);
    if (!output) return;
    const date = new Date(`${input.value}Z`);
    let { zone } = output.dataset,
      clock;
    // A zone that the server knows may be unknown to this browser: then its own is meant.
    try {
      clock = clockOf(zone);
    } catch {
      zone = "";
      clock = clockOf();
    }
    // A browser may know the zone by an older name: the one that the server writes is told.
    zone ||= clock.resolvedOptions().timeZone;
    output.textContent = isNaN(date) ? "" : `${output.dataset.prefix} ${written(date, clock)} ${zone}`;
  }

  /* The token form says in one sentence what will be issued */
  function sumUp(form) {
    const said = $("[data-summary-expiry]", form),
      count = $("[data-summary-scopes]", form);
    if (!said) return;
    const time = $("[name='expires']:checked", form),
      date = new Date(`${$("[name='expires_at']", form)?.value}Z`);
    const custom = isNaN(date) ? "" : count.dataset.until.replace("{}", `${written(date, clockOf("UTC"))} UTC`);
    const expiry = time?.dataset.said || (time?.value === "custom" && custom);
    const scopes = $$("[name='scopes']:checked", form).length;
    said.textContent = expiry ? `, ${expiry}` : "";
    count.textContent = `, ${count.dataset[["none", "one"][scopes] || "more"].replace("{}", scopes)}`;
  }

  /* The combobox: the buttons of a plain page become the options of a listbox */
  const optionsOf = (box) => $$(".option", box);

  function activate(box, option) {
    const input = $("input", box);
    for (const one of optionsOf(box)) one.setAttribute("aria-selected", String(one === option));
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function combobox(box) {
    const input = $("input[type='search']", box),
      list = $(".options", box),
      options = optionsOf(box);
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": String(options.length > 0) };
    for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
    list.setAttribute("role", "listbox");
    list.hidden = !options.length;
    options.forEach((option, number) => {
      option.id = `${list.id}_${number}`;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
    });
    // Who has typed a name takes the first answer with Enter.
    activate(box, input.value.trim() ? options[0] : null);
  }
  doc.addEventListener("keydown", (event) => {
    // Keys of an input method choose among its own words.
    if (event.isComposing) return;
    // What is looked through as one types is not sent by Enter.
    if (event.key === "Enter" && event.target.dataset?.filter) event.preventDefault();
    const box = event.target.matches?.("[role='combobox']") && event.target.closest("[data-combobox]");
    if (!box) return;
    const options = optionsOf(box),
      at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: (at + 1) % options.length, ArrowUp: (at <= 0 ? options.length : at) - 1 } [event.key];
    if (to !== undefined) activate(box, options[to]);
    // In a filter, and where htmx is lost, what is typed is looked for as it stands.
    else if (event.key === "Enter" && (options[at] || (window.htmx && event.target.form.method === "post"))) options[at]?.click();
    else if (event.key === "Escape" && event.target.value) {
      event.target.value = "";
      event.target.dispatchEvent(new Event("input", { bubbles: true }));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  doc.addEventListener("input", ({ target }) => {
    if (target.form?.matches(".token-form")) sumUp(target.form);
    if (target.matches("input[type='datetime-local']")) localTime(target);
    // What was found for other words is not chosen by Enter.
    if (target.matches("[role='combobox']")) activate(target.closest("[data-combobox]"), null);
    const filtered = target.dataset.filter ? doc.getElementById(target.dataset.filter).children : [];
    for (const one of filtered) one.hidden = !one.textContent.toLowerCase().includes(target.value.trim().toLowerCase());
  });

  // What is ticked among those found becomes a chip beside the others, and the search goes on.
  doc.addEventListener("input", ({ target }) => {
    const box = target.matches("[data-found] input[type='checkbox']") && target.closest("[data-chooser]"),
      search = box && $("[type='search']", box);
    if (!search) return;
    const chosen = $(".chosen", box) || doc.createElement("div");
    chosen.className = "choices chosen";
    if (!chosen.isConnected) target.closest("[data-found]").before(chosen);
    chosen.append(target.closest(".choice"));
    search.focus();
  });

  function prepare(scope) {
    $$("[data-combobox]", scope).forEach(combobox);
    $$("form.token-form", scope).forEach(sumUp);
    $$("input[type='datetime-local']", scope).forEach(localTime);
  }
  prepare(doc);
  doc.addEventListener("htmx:afterSwap", ({ target }) => prepare(target.closest?.("[data-combobox]")?.parentElement || target));
})();
