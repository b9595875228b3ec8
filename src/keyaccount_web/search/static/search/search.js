// The search in the head: "/" goes to it, arrows walk through the hits, Enter opens one, Escape closes.
(function () {
  "use strict";
  var form = document.getElementById("find");
  if (!form) { return; }
  var input = document.getElementById("find-q"), hits = document.getElementById("find-hits"), button = document.querySelector("[data-find-open]");

  function links() { return Array.prototype.slice.call(hits.querySelectorAll("a")); }

  function show(is_open) {
    form.classList.toggle("has-hits", is_open && hits.childElementCount > 0);
    input.setAttribute("aria-expanded", String(form.classList.contains("has-hits")));
  }

  function open() {
    form.classList.add("is-open");
    button.setAttribute("aria-expanded", "true");
    input.focus();
    input.select();
    show(true);
  }

  function close() {
    show(false);
    form.classList.remove("is-open");
    button.setAttribute("aria-expanded", "false");
  }

  function walk(step) {
    var all = links(), at = all.indexOf(document.activeElement) + step;
    if (at < 0) { input.focus(); } else if (all[at]) { all[at].focus(); }
  }

  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      open();
    }
  });
  form.addEventListener("keydown", function (event) {
    if (event.isComposing) { return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); walk(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Escape") { event.preventDefault(); input.blur(); close(); button.focus(); }
  });
  button.addEventListener("click", function () { if (form.classList.contains("is-open")) { close(); } else { open(); } });
  input.addEventListener("focus", function () { show(true); });
  input.addEventListener("input", function () { if (!input.value.trim()) { hits.replaceChildren(); show(false); } });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target !== hits) { return; }
    if (!input.value.trim()) { hits.replaceChildren(); }
    show(form.contains(document.activeElement));
  });
  document.addEventListener("click", function (event) { if (!form.contains(event.target) && !button.contains(event.target)) { close(); } });
  form.addEventListener("focusout", function (event) { if (event.relatedTarget && !form.contains(event.relatedTarget)) { close(); } });
})();
