// Browsers put half-typed text back into a form that somebody goes back to, whoever has signed in since. Each page of the
// history knows its reader; another one finds the form as it came from the server.
(function () {
  "use strict";

  function check() {
    var reader = document.body.dataset.reader, held = history.state || {};
    if (!reader) { return; }
    var loaded = performance.getEntriesByType("navigation")[0], isBack = loaded && loaded.type === "back_forward";
    if (held.reader ? held.reader !== reader : isBack) {
      Array.prototype.forEach.call(document.forms, function (form) { form.reset(); });
    }
  }

  function note() {
    var reader = document.body.dataset.reader;
    if (reader) { history.replaceState(Object.assign({}, history.state, { reader: reader }), ""); }
  }

  document.addEventListener("DOMContentLoaded", check);
  // Some browsers fill in only now.
  window.addEventListener("pageshow", function () { check(); note(); });
})();
