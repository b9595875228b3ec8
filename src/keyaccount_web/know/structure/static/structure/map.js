// The map of influence: cards are dragged, or moved by the arrow keys; each place is kept at once, and a conflict is told.
(function () {
  "use strict";
  var map = document.querySelector("[data-map]");
  if (!map) { return; }
  var stepX = Number(map.dataset.stepX), stepY = Number(map.dataset.stepY), margin = Number(map.dataset.margin);
  var held = null;

  function tell(text) {
    var told = map.closest("section").querySelector("[data-told]");
    if (!told) {
      told = document.createElement("p");
      told.setAttribute("data-told", ""); told.setAttribute("role", "alert"); told.className = "problem";
      map.parentNode.before(told);
    }
    told.textContent = text;
  }

  function keep(url, told, done, failed) {
    var body = new URLSearchParams(told), token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    fetch(url, { method: "POST", body: body, headers: { "X-CSRFToken": token } }).then(function (answer) {
      return answer.json().then(function (said) { if (answer.ok) { done(said); } else { tell(said.problem); if (failed) { failed(); } } });
    }).catch(function () { tell(map.dataset.offline); if (failed) { failed(); } });
  }

  function lines(card) {
    var pk = card.dataset.person;
    return Array.prototype.filter.call(map.querySelectorAll("line"), function (line) { return line.dataset.source === pk || line.dataset.target === pk; });
  }

  function moveTo(card, x, y) {
    var before = /translate\(([-\d.]+)[ ,]([-\d.]+)\)/.exec(card.getAttribute("transform"));
    var dx = x - Number(before[1]), dy = y - Number(before[2]);
    card.setAttribute("transform", "translate(" + x + " " + y + ")");
    lines(card).forEach(function (line) {
      var end = line.dataset.source === card.dataset.person ? "1" : "2";
      line.setAttribute("x" + end, Number(line.getAttribute("x" + end)) + dx);
      line.setAttribute("y" + end, Number(line.getAttribute("y" + end)) + dy);
    });
  }

  function grow(column, row) {
    var wide = Math.max(Number(map.getAttribute("width")), margin + (column + 2) * stepX), high = Math.max(Number(map.getAttribute("height")), margin + (row + 2) * stepY);
    map.setAttribute("width", wide); map.setAttribute("height", high); map.setAttribute("viewBox", "0 0 " + wide + " " + high);
  }

  function put(card, column, row) {
    column = Math.max(0, Math.min(59, column)); row = Math.max(0, Math.min(39, row));
    var taken = Array.prototype.some.call(map.querySelectorAll("[data-person]"), function (other) { return other !== card && other.dataset.column === String(column) && other.dataset.row === String(row); });
    if (taken) { column = Number(card.dataset.column); row = Number(card.dataset.row); }
    moveTo(card, margin + column * stepX, margin + row * stepY);
    grow(column, row);
    if (String(column) === card.dataset.column && String(row) === card.dataset.row) { return; }
    keep(card.dataset.url, { column: column, row: row, version: card.dataset.version }, function (said) {
      card.dataset.column = column; card.dataset.row = row; card.dataset.version = said.version;
    }, function () { back(card); });
  }

  function back(card) { moveTo(card, margin + Number(card.dataset.column) * stepX, margin + Number(card.dataset.row) * stepY); }

  function point(event) {
    var box = map.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  map.addEventListener("pointerdown", function (event) {
    var card = event.target.closest("[data-person]");
    if (!card) { return; }
    var at = point(event), where = /translate\(([-\d.]+)[ ,]([-\d.]+)\)/.exec(card.getAttribute("transform"));
    held = { card: card, dx: at.x - Number(where[1]), dy: at.y - Number(where[2]) };
    card.parentNode.appendChild(card);
    map.setPointerCapture(event.pointerId);
    card.focus(); event.preventDefault();
  });
  map.addEventListener("pointermove", function (event) {
    if (!held) { return; }
    var at = point(event);
    moveTo(held.card, Math.max(0, at.x - held.dx), Math.max(0, at.y - held.dy));
  });
  map.addEventListener("pointerup", function (event) {
    if (!held) { return; }
    var at = point(event), card = held.card;
    put(card, Math.round((at.x - held.dx - margin) / stepX), Math.round((at.y - held.dy - margin) / stepY));
    held = null;
  });
  map.addEventListener("pointercancel", function () { if (held) { back(held.card); held = null; } });
  map.addEventListener("keydown", function (event) {
    var card = event.target.closest("[data-person]"), by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!card) { return; }
    if (by) { put(card, Number(card.dataset.column) + by[0], Number(card.dataset.row) + by[1]); event.preventDefault(); }
    if (event.key === "Delete") { keep(card.dataset.url, { column: "", row: "", version: card.dataset.version }, function () { window.location.reload(); }); }
    if (event.key === "Enter") { var entry = document.querySelector("#person-" + card.dataset.person + " a"); if (entry) { entry.click(); } }
  });

  // From the parking lot: pressed, a card takes the first free place of the first row; dragged, the place where it is let go.
  document.querySelectorAll("[data-park]").forEach(function (parked) {
    function place(column, row) {
      keep(parked.dataset.url, { column: column, row: row, version: parked.dataset.version }, function () { window.location.reload(); });
    }
    parked.draggable = true;
    parked.addEventListener("click", function () {
      var taken = Array.prototype.filter.call(map.querySelectorAll("[data-person]"), function (card) { return card.dataset.row === "0"; }).map(function (card) { return Number(card.dataset.column); });
      var column = 0;
      while (taken.indexOf(column) >= 0) { column += 1; }
      place(column, 0);
    });
    parked.addEventListener("dragend", function (event) {
      var at = point(event), box = map.parentNode.getBoundingClientRect();
      if (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom) { return; }
      place(Math.max(0, Math.round((at.x - margin - stepX / 2) / stepX)), Math.max(0, Math.round((at.y - margin - stepY / 2) / stepY)));
    });
  });
})();
