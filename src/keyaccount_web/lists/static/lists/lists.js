// Lists: select rows, and go through them by keys: j and k, x selects, Enter opens, n and p turn pages.
(function () {
  "use strict";

  function boxes() { return Array.prototype.slice.call(document.querySelectorAll("#selection input[name=ids]")); }

  function tell() {
    var bar = document.querySelector(".selected"), all = document.querySelector("[data-select-all]");
    if (!bar) { return; }
    var chosen = boxes().filter(function (box) { return box.checked; }).length;
    bar.classList.toggle("is-on", chosen > 0);
    var text = bar.querySelector("[data-selected-count]");
    text.textContent = chosen ? text.dataset.text.replace("#", chosen) : "";
    if (all) { all.checked = chosen > 0 && chosen === boxes().length; all.indeterminate = chosen > 0 && chosen < boxes().length; }
    boxes().forEach(function (box) { box.closest("tr").classList.toggle("is-selected", box.checked); });
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-select-all]")) { boxes().forEach(function (box) { box.checked = event.target.checked; }); }
    if (event.target.closest("#selection")) { tell(); }
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-toggle]");
    if (button) { document.querySelector("main").classList.toggle(button.dataset.toggle); }
  });
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("DOMContentLoaded", tell);

  // A view is saved as the list stands now, filters typed since the page came included.
  document.addEventListener("submit", function (event) {
    if (event.target.matches("[data-with-query]")) { event.target.action = event.target.action.split("?")[0] + window.location.search; }
  });

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea, [contenteditable]") || document.querySelector("dialog[open]")) { return; }
    var rows = Array.prototype.slice.call(document.querySelectorAll("tr[data-row]")), at = rows.indexOf(document.activeElement.closest("tr[data-row]"));
    function go(to) { var row = rows[to], link = row && row.querySelector("td.who a"); if (link) { link.focus(); row.scrollIntoView({ block: "nearest" }); event.preventDefault(); } }
    if (event.key === "j") { go(Math.min(at + 1, rows.length - 1)); }
    if (event.key === "k") { go(Math.max(at - 1, 0)); }
    if (event.key === "x" && at >= 0) { var box = rows[at].querySelector("[name=ids]"); box.checked = !box.checked; tell(); }
    if (event.key === "n" || event.key === "p") { var turn = document.querySelector(event.key === "n" ? "a[rel=next]" : "a[rel=prev]"); if (turn) { turn.click(); } }
  });
})();
