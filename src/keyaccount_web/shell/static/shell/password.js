// A password may be seen while it is typed, and a new one is told how hard it is to guess. Sent as a password, whatever was shown.
(function () {
  "use strict";
  var STRONG = 70, FAIR = 55, LEAST = 12;

  // Bits, roughly: the kinds of characters by how many different ones there are; repeated ones count half.
  function bits(text) {
    text = text.replace(/(19|20)\d\d/g, "0");  // a year is the first thing tried
    var kinds = 0, different = new Set(text).size;
    if (/[a-z]/.test(text)) { kinds += 26; }
    if (/[A-Z]/.test(text)) { kinds += 26; }
    if (/\d/.test(text)) { kinds += 10; }
    if (/[^a-zA-Z\d]/.test(text)) { kinds += 33; }
    if (/[^\x00-\x7f]/.test(text)) { kinds += 2000; }
    return kinds ? Math.log2(kinds) * (different + (text.length - different) / 2) : 0;
  }

  function meter(input, texts) {
    var line = document.createElement("p"), bar = document.createElement("meter"), word = document.createElement("span");
    line.className = "hint strength";
    line.hidden = true;
    word.setAttribute("role", "status");
    bar.max = STRONG; bar.low = FAIR; bar.high = STRONG - 1; bar.optimum = STRONG;
    line.append(bar, " ", word);
    input.closest(".field").append(line);
    input.addEventListener("input", function () {
      var value = input.value, told = value.length < LEAST ? Math.min(bits(value), FAIR - 1) : bits(value);
      line.hidden = !value;
      bar.value = Math.min(told, STRONG);
      word.textContent = texts[told >= STRONG ? 2 : told >= FAIR ? 1 : 0];
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    var inputs = Array.from(document.querySelectorAll("input[type=password][autocomplete$=-password]"));
    if (!inputs.length) { return; }
    var form = inputs[inputs.length - 1].form, tick = document.createElement("input"), label = document.createElement("label");
    tick.type = "checkbox";
    label.className = "tick";
    label.append(tick, " ", document.body.dataset.showPassword);
    inputs[inputs.length - 1].closest(".field").append(label);
    function show(shown) { inputs.forEach(function (one) { one.type = shown ? "text" : "password"; }); }
    tick.addEventListener("change", function () { show(tick.checked); });
    form.addEventListener("submit", function () { show(false); });
    var first = inputs.find(function (one) { return one.autocomplete === "new-password"; });
    if (first) { meter(first, document.body.dataset.strength.split("|")); }
  });
})();
