// The page that records a touch: people as chips, check-in, photo, and keeping it here before it is sent.
(function () {
  "use strict";
  var form = document.querySelector("[data-touch]"), outbox = window.touchOutbox;
  if (!form) { return; }
  var known = JSON.parse(document.getElementById("touch-known").textContent);
  var efforts = JSON.parse(document.getElementById("touch-efforts").textContent);
  var account = form.querySelector("[data-account]"), people = form.querySelector("[data-people]");
  var place = form.querySelector("[data-place]"), photo = null, minutes = form.elements.minutes;
  var address = new URLSearchParams(window.location.search), asked = address.get("account");

  if (navigator.serviceWorker) { navigator.serviceWorker.register(document.getElementById("outbox").dataset.worker, { scope: window.location.pathname }).catch(function () { /* it opens with a connection only, then */ }); }

  function make(tag, told, text) {
    var made = document.createElement(tag);
    Object.keys(told).forEach(function (name) { made.setAttribute(name, told[name]); });
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function showPeople() {
    var told = known[account.value];
    people.querySelectorAll(".chip").forEach(function (chip) { chip.remove(); });
    people.querySelector("[data-no-people]").hidden = Boolean(told && told.people.length);
    (told ? told.people : []).forEach(function (one) {
      var chip = make("label", { "class": "chip" });
      chip.append(make("input", { type: "checkbox", name: "contacts", value: one.pk }), make("span", {}, one.title ? one.name + " · " + one.title : one.name));
      people.append(chip);
    });
  }

  function showQuestions() {
    if (!window.htmx || !account.value) { return; }
    htmx.ajax("GET", form.dataset.about + "?account=" + encodeURIComponent(account.value), { target: form.querySelector("[data-confirm]"), swap: "innerHTML" }).catch(function () { /* without a connection nothing is asked for */ });
  }

  function showKind() {
    var kind = form.elements.kind.value, isVisit = kind === "visit";
    form.querySelector("[data-visit-only]").hidden = !isVisit;
    form.querySelector("[data-locate]").hidden = !isVisit;
    minutes.value = isVisit ? (form.elements.is_executive.checked ? efforts.executive : efforts.visit) : efforts.call;
    if (!isVisit) { forget(); }
  }

  function forget() {
    ["latitude", "longitude", "accuracy_metres", "checked_in_at"].forEach(function (name) { form.elements[name].value = ""; });
  }

  function metres(a, b) {
    var rad = Math.PI / 180, x = (b[1] - a[1]) * rad * Math.cos((a[0] + b[0]) / 2 * rad), y = (b[0] - a[0]) * rad;
    return Math.sqrt(x * x + y * y) * 6371000;
  }

  // Who was visited within half a kilometre of here before is offered, where nobody is chosen yet.
  function near(here) {
    var best = null;
    Object.keys(known).forEach(function (pk) {
      var far = known[pk].at ? metres(here, known[pk].at) : Infinity;
      if (far <= 500 && (!best || far < best.far)) { best = { pk: pk, far: far }; }
    });
    if (!best || account.value) { return ""; }
    account.value = best.pk;
    showPeople();
    showQuestions();
    return " " + place.dataset.near.replace("#", known[best.pk].name);
  }

  form.querySelector("[data-locate]").addEventListener("click", function () {
    if (!navigator.geolocation) { place.textContent = place.dataset.denied; return; }
    place.textContent = place.dataset.asking;
    navigator.geolocation.getCurrentPosition(function (found) {
      form.elements.latitude.value = found.coords.latitude.toFixed(5);
      form.elements.longitude.value = found.coords.longitude.toFixed(5);
      form.elements.accuracy_metres.value = Math.round(found.coords.accuracy);
      form.elements.checked_in_at.value = new Date().toISOString();
      place.textContent = place.dataset.there.replace("#", Math.round(found.coords.accuracy)) + near([found.coords.latitude, found.coords.longitude]);
    }, function () { place.textContent = place.dataset.denied; }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  });

  // Made smaller for a bad connection; what a camera writes into a picture beside the picture is lost with it.
  form.elements.photo.addEventListener("change", function () {
    var file = form.elements.photo.files[0], name = form.querySelector("[data-photo-name]");
    photo = file || null;
    name.textContent = file ? file.name : "";
    if (!file || !window.createImageBitmap) { return; }
    createImageBitmap(file).then(function (picture) {
      var share = Math.min(1, 1600 / Math.max(picture.width, picture.height)), canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * share);
      canvas.height = Math.round(picture.height * share);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) { if (blob && form.elements.photo.files[0] === file) { photo = blob; } }, "image/jpeg", 0.8);
    }).catch(function () { /* as it is, then: the server says if it is none */ });
  });

  function newId() {
    if (window.crypto && crypto.randomUUID) { return crypto.randomUUID(); }
    return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, function (c) { return (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16); });
  }

  function say(text) {
    var told = document.querySelector("[data-kept]");
    told.textContent = text;
    told.hidden = false;
    window.scrollTo(0, 0);
  }

  form.addEventListener("submit", function (event) {
    if (!outbox || !window.indexedDB) { return; }
    event.preventDefault();
    var fields = [], button = form.querySelector("button.btn-primary");
    new FormData(form).forEach(function (value, name) { if (name !== "photo" && name !== "csrfmiddlewaretoken") { fields.push([name, value]); } });
    var entry = { client_id: form.elements.client_id.value, user: outbox.user, fields: fields, photo: photo, photo_name: "photo.jpg", saved_at: Date.now(), name: account.selectedOptions[0].textContent, kind: form.querySelector("input[name=kind]:checked + span").textContent, told: "" };
    button.disabled = true;
    outbox.put(entry).then(function () { return outbox.send(entry.client_id); }).then(function (told) {
      if (told) { window.location.assign(told.url); return null; }
      return outbox.get(entry.client_id).then(function (kept) {
        button.disabled = false;
        if (kept && kept.told) { document.getElementById("outbox-rows").scrollIntoView(); return; }
        form.reset();
        photo = null;
        forget();
        form.querySelector("[data-photo-name]").textContent = "";
        showPeople();
        showKind();
        say(form.dataset.keptText);
      });
      // Where nothing can be kept here it is sent as any form is.
    }).catch(function () { button.disabled = false; form.submit(); });
    form.elements.client_id.defaultValue = form.elements.client_id.value = entry.client_id;
  });
  form.addEventListener("reset", function () { setTimeout(function () { form.elements.client_id.value = newId(); }, 0); });

  function row(entry, list) {
    var made = make("li", { "data-unsent": entry.client_id }), what = make("span", {}, entry.kind + " · " + entry.name + " · " + new Date(entry.saved_at).toLocaleString(document.documentElement.lang));
    var state = make("span", { "class": entry.told ? "state state-bad" : "state state-watch" }, entry.told ? list.dataset.refused : list.dataset.waiting);
    made.append(state, what);
    function button(text, work) { var one = make("button", { type: "button", "class": "btn btn-sm" }, text); one.addEventListener("click", work); made.append(one); }
    if (entry.told) {
      made.append(make("span", { "class": "problem" }, entry.told));
      if (entry.fields.some(function (pair) { return pair[0] === "latitude" && pair[1]; })) {
        button(list.dataset.without, function () {
          entry.fields = entry.fields.map(function (pair) { return ["latitude", "longitude", "accuracy_metres", "checked_in_at"].indexOf(pair[0]) < 0 ? pair : [pair[0], ""]; });
          outbox.put(entry).then(function () { return outbox.send(entry.client_id); });
        });
      }
      button(list.dataset.drop, function () { outbox.drop(entry.client_id); });
    }
    button(list.dataset.again, function () { outbox.send(entry.client_id); });
    return made;
  }

  document.addEventListener("outbox:changed", function (event) {
    var list = document.querySelector("[data-outbox-rows]");
    document.getElementById("outbox-rows").hidden = event.detail.length === 0;
    list.replaceChildren.apply(list, event.detail.map(function (entry) { return row(entry, list); }));
  });

  // A page that was kept was kept for another account, perhaps: the address says which is meant.
  if (asked && known[asked]) { account.value = asked; }
  form.querySelectorAll("input[name=kind]").forEach(function (one) { if (one.value === address.get("kind")) { one.checked = true; } });
  account.addEventListener("change", function () { showPeople(); showQuestions(); });
  form.querySelectorAll("input[name=kind]").forEach(function (one) { one.addEventListener("change", showKind); });
  form.elements.is_executive.addEventListener("change", showKind);
  // A page that was kept shows the time at which it was kept: now is meant.
  var now = new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  if (!document.querySelector(".notice-error")) { form.elements.began_at.value = now; form.elements.client_id.value = newId(); }
  showPeople();
  showKind();
  if (outbox) { outbox.show(); }
})();
