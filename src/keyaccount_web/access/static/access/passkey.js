// Says on the page that a passkey did not do; allauth's script says it to the console alone.
(function () {
  "use strict";
  function shown(on) {
    document.querySelectorAll("[data-passkey-problem]").forEach(function (told) { told.hidden = !on; });
  }
  document.addEventListener("allauth.error", function (event) { event.preventDefault(); shown(true); });
  document.addEventListener("click", function () { shown(false); }, true);
})();
