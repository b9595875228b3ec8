// Keeps the page that records a touch, so that it opens without a connection. Nothing else of the app is kept.
"use strict";
var PAGE = "/cover/touches/new/";

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

function key(request) {
  var url = new URL(request.url);
  if (request.mode === "navigate" && url.pathname.endsWith(PAGE)) { return url.origin + url.pathname; }
  return /\.(css|js|svg)$/.test(url.pathname) ? request.url : null;
}

self.addEventListener("fetch", function (event) {
  var place = event.request.method === "GET" && event.request.url.indexOf(self.location.origin) === 0 ? key(event.request) : null;
  if (!place) { return; }
  event.respondWith(caches.open("touches").then(function (kept) {
    return fetch(event.request).then(function (answer) {
      if (answer.ok && !answer.redirected) { kept.put(place, answer.clone()); }
      return answer;
    }).catch(function (error) {
      return kept.match(place).then(function (found) { if (found) { return found; } throw error; });
    });
  }));
});
