// What pages do in the browser: charts from the JSON beside them, dark mode. No inline scripts anywhere.
(function () {
  "use strict";
  var charts = [];

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  // 元 below ten thousand, 万 and 亿 above, as everywhere on the pages.
  function short(value) {
    var size = Math.abs(value), zh = document.documentElement.lang.indexOf("zh") === 0;
    if (zh) { return size >= 1e8 ? (value / 1e8).toFixed(1) + " 亿" : size >= 1e4 ? Math.round(value / 1e4) + " 万" : String(Math.round(value)); }
    return size >= 1e9 ? (value / 1e9).toFixed(1) + "bn" : size >= 1e6 ? (value / 1e6).toFixed(1) + "m" : size >= 1e3 ? Math.round(value / 1e3) + "k" : String(Math.round(value));
  }

  function percent(value) { return Math.round(value * 100) + "%"; }

  // The same curve in earlier years, thin and grey under this year's, told apart by their dashes.
  function earlier(told) {
    return (told.earlier || []).map(function (one, at) {
      return { name: one.name, type: "line", data: one.points, symbol: "none", z: 1, lineStyle: { color: colour("--grey"), width: 1.5, type: at ? "dotted" : "dashed" }, itemStyle: { color: colour("--grey") } };
    });
  }

  function years(told) {
    return told.earlier && told.earlier.length ? { legend: { data: [told.year].concat(told.earlier.map(function (one) { return one.name; })), top: 0, right: 0, itemWidth: 26, textStyle: { color: colour("--ink-2") } } } : {};
  }

  var kinds = {
    months: function (told) {
      return {
        legend: { data: told.names, top: 0, right: 0, textStyle: { color: colour("--ink-2") } },
        grid: { left: 8, right: 8, top: 34, bottom: 4, containLabel: true },
        tooltip: { trigger: "axis", valueFormatter: short },
        xAxis: { type: "category", data: told.months, axisLabel: { color: colour("--ink-2") }, axisTick: { show: false } },
        yAxis: { type: "value", axisLabel: { formatter: short, color: colour("--ink-2") }, splitLine: { lineStyle: { color: colour("--line") } } },
        series: [
          { name: told.names[0], type: "bar", data: told.sales, itemStyle: { color: colour("--brand") }, barMaxWidth: 22 },
          { name: told.names[1], type: "line", data: told.before, symbol: "none", lineStyle: { color: colour("--grey"), width: 2 }, itemStyle: { color: colour("--grey") } }
        ]
      };
    },
    concentration: function (told) {
      return Object.assign(years(told), {
        grid: { left: 8, right: 44, top: 30, bottom: 28, containLabel: true },
        tooltip: { trigger: "axis", formatter: function (points) { return told.names[0] + " " + percent(points[0].value[0]) + "<br>" + told.names[1] + " " + percent(points[0].value[1]); } },
        xAxis: { type: "value", min: 0, max: 1, name: told.names[0], nameLocation: "middle", nameGap: 26, nameTextStyle: { color: colour("--ink-2") }, axisLabel: { formatter: percent, color: colour("--ink-2") }, splitLine: { show: false } },
        yAxis: { type: "value", min: 0, name: told.names[1], nameTextStyle: { color: colour("--ink-2"), align: "left" }, axisLabel: { formatter: percent, color: colour("--ink-2") }, splitLine: { lineStyle: { color: colour("--line") } } },
        series: [{
          name: told.year, itemStyle: { color: colour("--brand") }, type: "line", data: told.points, symbol: "none", lineStyle: { color: colour("--brand"), width: 2.5 }, areaStyle: { color: colour("--brand"), opacity: 0.08 },
          markLine: {
            symbol: "none", lineStyle: { color: colour("--grey"), type: "dashed" }, label: { formatter: percent(told.line), color: colour("--ink-2") },
            data: [{ yAxis: told.line }].concat(told.top ? [{ xAxis: told.top.x, label: { show: false } }] : [])
          },
          markPoint: {
            symbol: "circle", symbolSize: 8, itemStyle: { color: colour("--brand") },
            data: told.top ? [{ coord: [told.top.x, told.top.y], label: { formatter: told.top.label, color: colour("--ink"), position: "right", offset: [2, 14] } }] : []
          }
        }].concat(earlier(told))
      });
    },
    // Running profit, the most profitable first: it rises to the peak, and what lies behind the peak is lost again.
    whale: function (told) {
      var last = told.points[told.points.length - 1];
      return Object.assign(years(told), {
        grid: { left: 8, right: 54, top: 34, bottom: 28, containLabel: true },
        tooltip: { trigger: "axis", formatter: function (points) { return told.names[0] + " " + percent(points[0].value[0]) + "<br>" + told.names[1] + " " + percent(points[0].value[1]); } },
        xAxis: { type: "value", min: 0, max: 1, name: told.names[0], nameLocation: "middle", nameGap: 26, nameTextStyle: { color: colour("--ink-2") }, axisLabel: { formatter: percent, color: colour("--ink-2") }, splitLine: { show: false } },
        yAxis: { type: "value", name: told.names[1], nameTextStyle: { color: colour("--ink-2"), align: "left" }, axisLabel: { formatter: percent, color: colour("--ink-2") }, splitLine: { lineStyle: { color: colour("--line") } } },
        series: [{
          name: told.year, itemStyle: { color: colour("--brand") }, type: "line", data: told.points, symbol: "none", lineStyle: { color: colour("--brand"), width: 2.5 }, areaStyle: { color: colour("--brand"), opacity: 0.08 },
          markPoint: {
            symbol: "circle", symbolSize: 8, itemStyle: { color: colour("--brand") }, label: { color: colour("--ink"), formatter: function (point) { return point.name + " " + percent(point.data.coord[1]); } },
            data: [{ name: told.labels[0], coord: told.peak, label: { position: "top" } }, { name: told.labels[1], coord: last, label: { position: "bottom" } }]
          }
        }].concat(earlier(told))
      });
    },
    // Two shares of each part of the business, the largest on top.
    bars: function (told) {
      function bars(at, fill) { return { name: told.names[at], type: "bar", data: told.values[at], itemStyle: { color: colour(fill) }, barMaxWidth: 14 }; }
      return {
        legend: { data: told.names, top: 0, right: 0, textStyle: { color: colour("--ink-2") } },
        grid: { left: 8, right: 24, top: 34, bottom: 4, containLabel: true },
        tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: function (value) { return value === null || value === undefined ? "—" : (value * 100).toFixed(1) + "%"; } },
        xAxis: { type: "value", axisLabel: { formatter: percent, color: colour("--ink-2"), hideOverlap: true }, splitLine: { lineStyle: { color: colour("--line") } } },
        yAxis: { type: "category", inverse: true, data: told.labels, axisLabel: { color: colour("--ink-2"), width: 110, overflow: "break" }, axisTick: { show: false } },
        series: [bars(0, "--brand"), bars(1, "--grey")]
      };
    }
  };

  function open(chart, told, event) {
    var place = [event.offsetX, event.offsetY];
    if (!chart.containPixel("grid", place)) { return; }
    var both = chart.convertFromPixel({ xAxisIndex: 0, yAxisIndex: 0 }, place), at = both[0], nearest = 0;
    if (told.kind === "months") { nearest = Math.round(at); } else if (told.kind === "bars") { nearest = Math.round(both[1]); } else {
      told.points.forEach(function (point, i) { if (Math.abs(point[0] - at) < Math.abs(told.points[nearest][0] - at)) { nearest = i; } });
    }
    var target = told.links ? told.links[nearest] : told.link + told.keys[nearest];
    if (target) { window.location.assign(target); }
  }

  function draw(root) {
    root.querySelectorAll("[data-chart]").forEach(function (box) {
      var data = document.getElementById(box.dataset.chart);
      if (!data || !window.echarts) { return; }
      var told = JSON.parse(data.textContent);
      if (!told) { return; }
      var chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "svg" });
      chart.setOption(Object.assign({ animation: false, textStyle: { fontFamily: "inherit" } }, kinds[told.kind](told)), true);
      if (charts.indexOf(chart) < 0) {
        charts.push(chart);
        // A point or bar opens the records behind it.
        if (told.links || told.link) { chart.getZr().on("click", function (event) { open(chart, told, event); }); }
      }
    });
  }

  function redraw() { draw(document); }

  document.addEventListener("DOMContentLoaded", function () {
    draw(document);
    document.querySelectorAll("[data-theme-switch]").forEach(function (button) {
      button.addEventListener("click", function () {
        var dark = document.documentElement.getAttribute("data-bs-theme") !== "dark";
        document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
        try { localStorage.setItem("theme", dark ? "dark" : "light"); } catch (error) { /* for this page only, then */ }
        redraw();
      });
    });
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    draw(event.target);
    // What is fetched into the dialog opens it; Escape and the cross close it, and the focus goes back where it was.
    var dialog = document.getElementById("dialog");
    if (event.target.id === "dialog-body" && !dialog.open) { dialog.showModal(); }
  });
  document.addEventListener("click", function (event) {
    var dialog = event.target;
    if (dialog.id !== "dialog") { return; }
    var box = dialog.getBoundingClientRect();
    if (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom) { dialog.close(); }
  });
  // Drawn at once: on the way to paper there is no next frame.
  function fit() { charts.forEach(function (chart) { chart.resize(); chart.getZr().flush(); }); }
  window.addEventListener("resize", fit);
  window.matchMedia("print").addEventListener("change", fit);
})();
