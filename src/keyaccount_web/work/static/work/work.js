// Mentions while one writes, and how far an upload is. No inline scripts anywhere.
(function () {
  "use strict";
  var waiting = null;

  // The `@` and what stands behind it, up to the caret.
  function typed(box) { return /@([^\s@]{0,30})$/.exec(box.value.slice(0, box.selectionStart)); }

  document.addEventListener("input", function (event) {
    var box = event.target;
    if (!box.dataset || !box.dataset.mentions) { return; }
    var found = typed(box), list = box.parentNode.querySelector("[data-suggestions]");
    clearTimeout(waiting);
    if (!found) { list.replaceChildren(); return; }
    waiting = setTimeout(function () {
      htmx.ajax("GET", box.dataset.mentions + "&q=" + encodeURIComponent(found[1]), { target: list, swap: "innerHTML" });
    }, 200);
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-mention]");
    if (!button) {
      document.querySelectorAll("details.menu[open]").forEach(function (menu) { if (!menu.contains(event.target)) { menu.open = false; } });
      return;
    }
    var list = button.closest("[data-suggestions]"), box = list.parentNode.querySelector("textarea"), found = typed(box);
    var end = box.selectionStart, begin = found ? end - found[0].length : end;
    box.setRangeText("@" + button.dataset.mention + " ", begin, end, "end");
    list.replaceChildren();
    box.focus();
  });

  document.addEventListener("htmx:xhr:progress", function (event) {
    var form = event.target.closest("[data-upload]");
    if (!form || !event.detail.lengthComputable) { return; }
    var bar = form.querySelector("progress");
    bar.hidden = false;
    bar.value = Math.round(100 * event.detail.loaded / event.detail.total);
  });
})();
