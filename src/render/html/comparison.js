// Draws the runs of both sides over each other from the figures in #report.
(() => {
  "use strict";

  const { duration, heap, rate, percent, flow, count, clock, BINARY, SECONDS } = window.values;
  const root = document.documentElement;
  const report = JSON.parse(document.querySelector("#report").textContent);
  const SIDES = [["base", "--c2"], ["new", "--c1"]];
  const OVER_TIME = [
    { id: "frequency", format: rate },
    { id: "pause", format: duration },
    { id: "cpu", format: percent },
    { id: "live", format: heap, incrs: BINARY },
    { id: "goal", format: heap, incrs: BINARY },
    { id: "allocation", format: flow, incrs: BINARY },
  ];
  const charts = [];
  // Seconds where the mouse is.
  let at = null;

  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const faint = (name, share) => {
    const [r, g, b] = color(name).match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
    return `rgba(${r},${g},${b},${share})`;
  };
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    // Text from the log goes into the page as text, nowhere as markup.
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  // Many runs are paler, so that where they agree shows.
  const stroke = (side, name) => () => (report[side].runs.length > 1 ? faint(name, 0.6) : color(name));

  const width = (chart) => Math.max(120, root.classList.contains("printing") ? Math.min(700, chart.plot.clientWidth) : chart.plot.clientWidth);
  const height = () => (window.innerWidth <= 600 ? 150 : 180);
  const axis = { stroke: () => color("--soft"), grid: { stroke: () => color("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const plot = (chart, more, figures) => {
    const { x, y, ...rest } = more;
    chart.u = new uPlot({
      width: width(chart),
      height: height(),
      padding: [10, 20, 0, 0],
      legend: { show: false },
      axes: [{ ...axis, size: 28, gap: 4, ...x }, { ...axis, size: () => parseInt(color("--gutter"), 10), gap: 6, ...y }],
      ...rest,
    }, figures, chart.plot);
  };

  // The value of a run at a time, or null.
  const valueAt = (run, key, since) => {
    const times = run.at;
    const time = since + times[0];
    let low = 0;
    let high = times.length - 1;
    if (high < 1 || time < times[0] || time > times[high]) return null;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle; else high = middle;
    }
    return run[key][low];
  };
  // A side's figures: one, or from the least to the most of its runs.
  const spoken = (values, format) => {
    const known = values.filter((value) => value !== null);
    if (!known.length) return "-";
    const [least, most] = [format(Math.min(...known)), format(Math.max(...known))];
    return least === most ? most : `${least} to ${most}`;
  };
  const peak = (values) => values.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null);

  const legend = (chart) => {
    const place = chart.figure.querySelector(".legend");
    place.replaceChildren();
    chart.values = SIDES.map(([side, name], i) => {
      const button = make("button", `${side} `);
      const value = make("span");
      button.type = "button";
      button.style.setProperty("--swatch", `var(${name})`);
      button.setAttribute("aria-pressed", "true");
      button.title = `Show or hide ${side}`;
      button.addEventListener("click", () => {
        const shown = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(shown));
        chart.sides.forEach((of, line) => { if (of === i) chart.u.setSeries(line + 1, { show: shown }); });
      });
      button.append(value);
      place.append(button);
      return value;
    });
  };
  const legends = () => {
    for (const chart of charts) {
      if (!chart.key) continue;
      SIDES.forEach(([side], i) => {
        const values = report[side].runs.map((run) => (at === null ? peak(run[chart.key]) : valueAt(run, chart.key, at)));
        chart.values[i].textContent = spoken(values, chart.format);
      });
    }
    document.querySelector("#readout").textContent = at === null ? "Peaks of each run." : `After ${duration(Math.round(at * 1e9))}`;
  };

  const lines = (chart, of) => {
    const tables = [];
    const series = [{}];
    chart.sides = [];
    SIDES.forEach(([side, name], i) => {
      for (const table of of(side)) {
        tables.push(table);
        chart.sides.push(i);
        series.push({ stroke: stroke(side, name), width: 1.5, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) });
      }
    });
    return [series, uPlot.join(tables)];
  };

  // A value holds to the end of its point, before a hole and at the end of the run too; runs begin at 0.
  const course = (times, values) => {
    const [x, y] = [[], []];
    values.forEach((value, i) => {
      x.push(times[i] - times[0]);
      y.push(value);
      if (value !== null && (i + 1 === values.length || values[i + 1] === null)) {
        x.push(times[i + 1] - times[0] - 1e-6);
        y.push(value);
      }
    });
    return [x, y];
  };

  const overTime = (chart) => {
    const [series, figures] = lines(chart, (side) => report[side].runs
      .filter((run) => run.at.length > 1)
      .map((run) => course(run.at, run[chart.key])));
    plot(chart, {
      scales: { x: { time: false }, y: { range: (u, least, most) => [0, most > 0 ? most * 1.12 : 1] } },
      cursor: { sync: { key: "time", scales: ["x", null] }, drag: { x: true, y: false }, points: { show: false }, y: false },
      series,
      x: { space: 90, incrs: SECONDS, values: (u, marks, number, space, step) => marks.map((mark) => clock(mark, step)) },
      y: { space: 34, ...(chart.incrs ? { incrs: chart.incrs } : {}), values: (u, marks) => marks.map((mark) => (mark === 0 ? "0" : chart.format(mark))) },
      hooks: {
        setCursor: [(u) => {
          if (!u.cursor.event && u.cursor.left >= 0) return;
          at = u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x");
          legends();
        }],
      },
    }, figures);
  };

  // The share of a side's cycles that stop for at least so long: from 1 down to the longest.
  const survival = (side) => {
    const counts = new Map();
    let all = 0;
    for (const run of report[side].runs) {
      for (const [ns, cycles] of run.pauses) {
        counts.set(ns, (counts.get(ns) || 0) + cycles);
        all += cycles;
      }
    }
    if (!all) return [];
    const x = [...counts.keys()].sort((a, b) => a - b);
    let left = all;
    const y = x.map((ns) => {
      const share = left / all;
      left -= counts.get(ns);
      return share;
    });
    return [[x.map((ns) => Math.max(ns, 1000)), y]];
  };
  const pauses = (chart) => {
    const [series, figures] = lines(chart, survival);
    // A share holds for all pauses up to the value that it is of.
    for (const line of series.slice(1)) line.paths = uPlot.paths.stepped({ align: -1 });
    SIDES.forEach(([side], i) => {
      const cycles = report[side].runs.reduce((sum, run) => sum + run.pauses.reduce((all, [, n]) => all + n, 0), 0);
      chart.values[i].textContent = `${count(cycles)} cycle${cycles === 1 ? "" : "s"}`;
    });
    const [least, most] = [figures[0][0], figures[0][figures[0].length - 1]];
    plot(chart, {
      scales: {
        x: { time: false, distr: 3, range: () => [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most * 1.01))] },
        y: { range: () => [0, 1.05] },
      },
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      series,
      x: { values: (u, marks) => marks.map((mark) => (mark !== null && Math.abs(Math.log10(mark) % 1) < 1e-9 ? duration(mark) : "")) },
      y: { splits: () => [0, 0.25, 0.5, 0.75, 1], values: (u, marks) => marks.map(percent) },
    }, figures);
  };

  const start = () => {
    if (!document.querySelector("#charts")) return;
    for (const chart of [...OVER_TIME.map((one) => ({ ...one, key: one.id })), { id: "pauses" }]) {
      chart.figure = document.querySelector(`#${chart.id}`);
      chart.plot = chart.figure.querySelector(".plot");
      const drawn = chart.key
        ? SIDES.some(([side]) => report[side].runs.some((run) => run.at.length > 1 && run[chart.key].some((value) => value !== null)))
        : SIDES.some(([side]) => report[side].runs.some((run) => run.pauses.length));
      const unresolved = chart.key === "allocation" && !report.allocation;
      if (!drawn || unresolved) {
        const why = unresolved ? "Not drawn: the cycles are too few or too small for heap sizes in whole MiB to tell." : "Too few cycles to draw.";
        chart.plot.replaceChildren(make("p", why, "note"));
        continue;
      }
      legend(chart);
      if (chart.key) overTime(chart); else pauses(chart);
      charts.push(chart);
    }
    legends();
    const redraw = () => charts.forEach((chart) => chart.u.redraw(false));
    const resize = () => charts.forEach((chart) => chart.u.setSize({ width: width(chart), height: height() }));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    window.addEventListener("resize", resize);
    // Paper is white whatever the screen is.
    window.addEventListener("beforeprint", () => { root.classList.add("printing"); resize(); redraw(); });
    window.addEventListener("afterprint", () => { root.classList.remove("printing"); resize(); redraw(); });
    // What is drawn, for those who drive this page from outside.
    root.dataset.charts = charts.length;
    root.dataset.lines = charts.map((chart) => chart.u.series.length - 1).join(",");
  };

  window.addEventListener("error", (event) => {
    const failed = document.querySelector("#failed");
    if (!failed) return;
    failed.hidden = false;
    failed.textContent = `The charts could not be drawn: ${event.message}. All figures stand in the tables.`;
  });
  start();
})();
