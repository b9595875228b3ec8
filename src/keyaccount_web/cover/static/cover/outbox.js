// Touches recorded without a connection: kept in this browser, sent later, each once. The server knows them by their client_id.
(function () {
  "use strict";
  var box = document.getElementById("outbox");
  if (!box || !window.indexedDB) { return; }
  var user = Number(box.dataset.user), sending = false;

  function store(mode, work) {
    return new Promise(function (done, failed) {
      var asked = indexedDB.open("keyaccount", 1);
      asked.onupgradeneeded = function () { asked.result.createObjectStore("touches", { keyPath: "client_id" }); };
      asked.onerror = function () { failed(asked.error); };
      asked.onsuccess = function () {
        var db = asked.result, turn = db.transaction("touches", mode), answer = work(turn.objectStore("touches"));
        turn.oncomplete = function () { db.close(); done(answer && answer.result); };
        turn.onerror = turn.onabort = function () { db.close(); failed(turn.error); };
      };
    });
  }

  function put(entry) { return store("readwrite", function (rows) { return rows.put(entry); }); }
  function drop(id) { return store("readwrite", function (rows) { return rows.delete(id); }); }
  // Of others who use this browser nothing is shown or sent.
  function own() {
    return store("readonly", function (rows) { return rows.getAll(); }).then(function (rows) {
      return rows.filter(function (one) { return one.user === user; }).sort(function (a, b) { return a.saved_at - b.saved_at; });
    });
  }

  function show() {
    return own().then(function (rows) {
      var text = box.querySelector("[data-outbox-text]");
      var refused = rows.filter(function (one) { return one.told; }).length;
      box.hidden = rows.length === 0;
      text.textContent = text.dataset.outboxText.replace("#", rows.length) + (refused ? " " + text.dataset.outboxRefused.replace("#", refused) : "");
      document.dispatchEvent(new CustomEvent("outbox:changed", { detail: rows }));
      return rows;
    });
  }

  function body(entry, token) {
    var form = new FormData();
    entry.fields.forEach(function (pair) { form.append(pair[0], pair[1]); });
    form.append("csrfmiddlewaretoken", token);
    if (entry.photo) { form.append("photo", entry.photo, entry.photo_name || "photo.jpg"); }
    return form;
  }

  // What the server said stays with the entry; what it did not hear waits.
  function one(entry, token) {
    var asked = { method: "POST", body: body(entry, token), headers: { Accept: "application/json", "X-CSRFToken": token }, credentials: "same-origin" };
    return fetch(box.dataset.page, asked).then(function (answer) {
      var type = answer.headers.get("Content-Type") || "";
      if (answer.redirected || type.indexOf("application/json") < 0) { throw new Error("no answer"); }
      return answer.json().then(function (told) {
        if (answer.ok) { return drop(entry.client_id).then(function () { return told; }); }
        entry.told = told.told || String(answer.status);
        return put(entry).then(function () { return null; });
      });
    });
  }

  function send(id) {
    if (sending) { return Promise.resolve(null); }
    sending = true;
    var found = null;
    return fetch(box.dataset.token, { headers: { Accept: "application/json" }, credentials: "same-origin" }).then(function (answer) {
      if (answer.redirected) { throw new Error(box.dataset.login); }
      return answer.json();
    }).then(function (told) {
      if (told.user !== user) { return null; }
      return own().then(function (rows) {
        return rows.filter(function (entry) { return id ? entry.client_id === id : !entry.told; }).reduce(function (before, entry) {
          return before.then(function () { return one(entry, told.token); }).then(function (answer) { if (answer && entry.client_id === id) { found = answer; } });
        }, Promise.resolve());
      });
    }).catch(function () { return null; }).then(function () { sending = false; return show(); }).then(function () { return found; });
  }

  window.touchOutbox = {
    user: user, put: put, send: send, show: show,
    drop: function (id) { return drop(id).then(show); },
    get: function (id) { return own().then(function (rows) { return rows.filter(function (one) { return one.client_id === id; })[0]; }); }
  };
  box.querySelector("[data-outbox-send]").addEventListener("click", function () { send(); });
  window.addEventListener("online", function () { send(); });
  setInterval(function () { if (!box.hidden && navigator.onLine) { send(); } }, 30000);
  // Who signs out leaves no page with customers behind in this browser; what is not sent yet stays.
  document.addEventListener("submit", function (event) {
    if (/logout/.test(event.target.getAttribute("action") || "") && window.caches) { caches.delete("touches"); }
  });
  show().then(function (rows) { if (rows.length && navigator.onLine) { send(); } });
})();
