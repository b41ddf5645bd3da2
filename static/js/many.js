// The bar of a list says how many of its tokens are chosen, and chooses all of a page. It comes with the first tick.
(() => {
  "use strict";
  const bars = () => document.querySelectorAll(".many-bar");
  const boxes = (bar) => [...bar.elements].filter((element) => element.name === "token");

  function choosePage(bar, page) {
    for (const box of boxes(bar)) box.checked = page.checked;
  }

  function count(bar) {
    const all = boxes(bar),
      ticked = all.filter((box) => box.checked).length,
      line = bar.querySelector("output"),
      page = bar.querySelector("[data-tick-all]");
    const { chosen, allChosen } = bar.dataset;
    line.value = bar.elements.matching.checked ? allChosen : ticked ? chosen.replace("#", ticked) : "";
    line.hidden = !line.value;
    page.checked = ticked === all.length;
    page.indeterminate = ticked > 0 && !page.checked;
  }

  document.addEventListener("change", ({ target }) => {
    const bar = target.form;
    if (!bar?.matches(".many-bar")) return;
    if ("tickAll" in target.dataset) choosePage(bar, target);
    count(bar);
  });
  // The boxes are empty once the event is over.
  document.addEventListener("reset", ({ target }) => {
    if (target.matches(".many-bar")) setTimeout(() => count(target));
  });
  addEventListener("pageshow", () => bars().forEach(count));
  for (const bar of bars()) {
    const page = bar.querySelector("[data-tick-all]");
    if (page.checked) choosePage(bar, page);
    count(bar);
  }
})();
