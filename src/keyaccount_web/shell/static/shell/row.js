// Rows of links that hold on any width: what does not fit goes behind "more"; the page one is on stays in sight.
// Without this script a row scrolls sideways (app.css).
(function () {
  "use strict";
  var ROWS = "nav.chapters, nav.views";

  function more(row) {
    var held = row.querySelector(":scope > details.more");
    if (held) { return held; }
    held = document.createElement("details");
    held.className = "menu more";
    held.hidden = true;
    var summary = document.createElement("summary"), box = document.createElement("div");
    summary.textContent = document.body.dataset.more;
    box.className = "menu-box";
    held.append(summary, box);
    row.append(held);
    return held;
  }

  function fit(row) {
    var held = more(row), box = held.lastElementChild;
    while (box.firstElementChild) { row.insertBefore(box.firstElementChild, held); }
    held.hidden = true;
    row.classList.add("is-fitted");
    var links = Array.prototype.filter.call(row.children, function (one) { return one !== held && !one.hasAttribute("aria-current"); });
    while (row.scrollWidth > row.clientWidth && links.length) {
      held.hidden = false;
      box.prepend(links.pop());
    }
    if (held.hidden) { held.open = false; }
  }

  function fitAll() { document.querySelectorAll(ROWS).forEach(fit); }

  document.addEventListener("DOMContentLoaded", fitAll);
  document.addEventListener("htmx:historyRestore", fitAll);
  // Only rows that came just now: one that somebody is in stays as it is.
  document.addEventListener("htmx:afterSettle", function () {
    document.querySelectorAll(ROWS).forEach(function (row) { if (!row.classList.contains("is-fitted")) { fit(row); } });
  });
  var width = window.innerWidth;
  window.addEventListener("resize", function () { if (window.innerWidth !== width) { width = window.innerWidth; fitAll(); } });
  if (document.fonts) { document.fonts.ready.then(fitAll); }

  document.addEventListener("keydown", function (event) {
    var held = event.target.closest && event.target.closest("details.more[open]");
    if (!held) { return; }
    var links = Array.prototype.slice.call(held.querySelectorAll("a")), at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { held.open = false; held.firstElementChild.focus(); }
    if (event.key === "ArrowDown") { event.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); (at > 0 ? links[at - 1] : held.firstElementChild).focus(); }
  });
  document.addEventListener("focusout", function (event) {
    var held = event.target.closest && event.target.closest("details.more[open]");
    if (held && event.relatedTarget && !held.contains(event.relatedTarget)) { held.open = false; }
  });
})();
