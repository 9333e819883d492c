// Draws the charts of one process from the figures in #report. The state of the page is its address:
// #process=INDEX&from=TIMEms&to=TIMEms, so that links, the chooser and the back button are one mechanism.
(() => {
  "use strict";

  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    // Text from the log goes into the page as text, nowhere as markup.
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };

  const { duration, span, bytes, heap, rate, percent, flow, count, clock, BINARY, SECONDS } = window.values;

  // The charts over time. A stacked chart adds its lines up, the first at the bottom.
  const OVER_TIME = [
    { id: "frequency", format: rate, rule: "gc-frequency", series: [["frequency", "cycles", "--c1", { fill: true }]] },
    { id: "pause", format: duration, rule: "pause-p99", log: true, series: [["longest", "longest", "--c2"], ["p99", "p99", "--c1"], ["p50", "p50", "--c4"]] },
    { id: "cpu", format: percent, rule: "gc-cpu", stacked: true, series: [["stop", "stop", "--c2"], ["assist", "assist", "--c3"], ["background", "background", "--c1"], ["idle", "idle", "--c5"]] },
    { id: "heap", format: heap, series: [["goal", "goal", "--c5", { dash: [6, 4] }], ["end", "at end", "--c3"], ["start", "at start", "--c4"], ["live", "live", "--c1", { fill: true }]], low: "low" },
    { id: "allocation", format: flow, series: [["allocation", "allocated", "--c1", { fill: true }]] },
  ];

  const report = JSON.parse($("#report").textContent);
  const processes = report.processes;
  const charts = [];
  let current = -1;
  let shown = null;
  let whole = [0, 1];
  let view = [0, 1];
  let at = null;
  let dragging = null;

  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const narrow = () => window.innerWidth <= 600;
  const gutter = () => parseInt(color("--gutter"), 10);
  const faint = (name, share) => {
    const [r, g, b] = color(name).match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
    return `rgba(${r},${g},${b},${share})`;
  };

  // Every point holds for a stretch of time, so it is drawn from its start to its end.
  const stretched = (values) => {
    const out = new Array(values.length * 2);
    values.forEach((value, i) => { out[2 * i] = out[2 * i + 1] = value; });
    return out;
  };
  const stretchedTime = (times) => {
    const out = [];
    for (let i = 0; i + 1 < times.length; i++) out.push(times[i], times[i + 1]);
    return out;
  };
  // The point that a time lies in.
  const pointAt = (time) => {
    const times = shown.timeline.at;
    let low = 0;
    let high = times.length - 1;
    if (high < 1 || time < times[0] || time > times[high]) return null;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle; else high = middle;
    }
    return low;
  };
  // The largest of some values in view; nothing is drawn beyond it.
  const peak = (values) => {
    const times = shown.timeline.at;
    let most = null;
    values.forEach((value, i) => {
      if (value !== null && times[i] < view[1] && times[i + 1] > view[0] && (most === null || value > most)) most = value;
    });
    return most;
  };

  const axes = (y) => [
    { stroke: () => color("--soft"), grid: { stroke: () => color("--grid"), width: 1 }, ticks: { show: false }, size: 28, gap: 4, font: "12px system-ui, sans-serif", ...y.x },
    { stroke: () => color("--soft"), grid: { stroke: () => color("--grid"), width: 1, filter: y.grid || ((u, marks) => marks) }, ticks: { show: false }, size: gutter, gap: 6, font: "12px system-ui, sans-serif", ...y.y },
  ];
  const width = (chart) => (root.classList.contains("printing") ? Math.min(700, chart.plot.clientWidth) : chart.plot.clientWidth);
  const height = () => (narrow() ? 150 : 180);
  const options = (chart, more) => ({
    width: Math.max(120, width(chart)),
    height: height(),
    padding: [10, 12, 0, 0],
    legend: { show: false },
    ...more,
  });

  // When something was raised and how bad it was at its worst: stretches that do not overlap, so that many findings at
  // once are as light as one.
  const stretches = (findings) => {
    const rank = { info: 0, warning: 1, critical: 2 };
    const episodes = findings.flatMap((finding) => finding.episodes);
    const edges = [...new Set(episodes.flatMap(([since, until]) => [since, until]))].sort((a, b) => a - b);
    const out = episodes.filter(([since, until]) => since === until).map(([since, until, severity]) => [since, until, severity]);
    for (let i = 0; i + 1 < edges.length; i++) {
      const [from, to] = [edges[i], edges[i + 1]];
      const worst = episodes
        .filter(([since, until]) => since < to && until > from)
        .reduce((most, [, , severity]) => (most === null || rank[severity] > rank[most] ? severity : most), null);
      const last = out[out.length - 1];
      if (worst === null) continue;
      if (last && last[1] === from && last[2] === worst) last[1] = to;
      else out.push([from, to, worst]);
    }
    return out;
  };
  // Findings stand behind the lines as a wash of their colour with an edge on top.
  const backdrop = (u) => {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    for (const [since, until, severity] of shown.stretches) {
      if (until < view[0] || since > view[1]) continue;
      const from = u.valToPos(since, "x", true);
      const to = Math.max(u.valToPos(until, "x", true), from + 2 * devicePixelRatio);
      ctx.fillStyle = color(`--${severity}-wash`);
      ctx.fillRect(from, top, to - from, height);
      ctx.fillStyle = color(`--${severity}`);
      ctx.fillRect(from, top, to - from, 2 * devicePixelRatio);
    }
    ctx.restore();
  };
  // A rule's thresholds as lines, where they are within what is drawn.
  const thresholds = (chart) => (u) => {
    const [warning, critical] = report.thresholds[chart.rule] || [];
    const { ctx } = u;
    const { left, width } = u.bbox;
    for (const [value, name] of [[warning, "warning"], [critical, "critical"]]) {
      if (!value || value > u.scales.y.max || value < u.scales.y.min) continue;
      const y = u.valToPos(value, "y", true);
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = color(`--${name}`);
      ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textAlign = "right";
      ctx.textBaseline = "bottom";
      // The label stands on an outline of paper, as it may lie on a filled area.
      const label = [`${name} ${chart.format(value)}`, left + width - 4 * devicePixelRatio, y - 2 * devicePixelRatio];
      ctx.setLineDash([]);
      ctx.lineWidth = 3 * devicePixelRatio;
      ctx.lineJoin = "round";
      ctx.strokeStyle = color("--paper");
      ctx.strokeText(...label);
      ctx.fillText(...label);
      ctx.restore();
    }
  };

  const columnsOf = (chart) => {
    const { timeline } = shown;
    if (!chart.stacked) return chart.series.map(([key]) => timeline[key]);
    let below = null;
    return chart.series.map(([key], i) => {
      const values = timeline[key].map((value, n) => {
        if (value === null) return null;
        return (below ? below[n] : 0) + (chart.hidden.has(i) ? 0 : value);
      });
      below = values;
      return values;
    });
  };
  const fill = (chart) => {
    chart.columns = columnsOf(chart);
    const low = chart.low ? [stretched(shown.timeline[chart.low])] : [];
    return [stretchedTime(shown.timeline.at), ...chart.columns.map(stretched), ...low];
  };
  const range = (chart) => () => {
    const peaks = chart.columns.filter((_, i) => !chart.hidden.has(i)).map(peak).filter((most) => most !== null);
    const most = Math.max(0, ...peaks);
    if (!chart.logarithmic) return [0, most > 0 ? most * 1.12 : 1];
    const least = Math.min(...chart.columns.flat().filter((value) => value > 0));
    return [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most * 1.05))];
  };

  const overTime = (chart) => {
    const lines = chart.series.map(([, label, name, style = {}], i) => ({
      label,
      show: !chart.hidden.has(i),
      stroke: () => color(name),
      width: chart.stacked ? 1 : 1.5,
      dash: style.dash,
      fill: chart.stacked ? (i === 0 ? () => faint(name, 0.75) : undefined) : style.fill && !chart.low ? () => faint(name, 0.16) : undefined,
      points: { show: false },
    }));
    // The live heap is a band from the smallest to the largest of each point.
    if (chart.low) lines.push({ label: "low", show: !chart.hidden.has(chart.series.length - 1), stroke: () => faint("--c1", 0.5), width: 1, points: { show: false } });
    const bands = chart.stacked
      ? chart.series.slice(1).map(([, , name], i) => ({ series: [i + 2, i + 1], fill: () => faint(name, 0.75) }))
      : chart.low ? [{ series: [lines.length - 1, lines.length], fill: () => faint("--c1", 0.22) }] : [];
    const isBytes = chart.format === heap || chart.format === flow;
    return options(chart, {
      scales: { x: { time: false }, y: { distr: chart.logarithmic ? 3 : 1, range: range(chart) } },
      cursor: { sync: { key: "time", scales: ["x", null] }, drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false },
      series: [{}, ...lines],
      bands,
      axes: axes({
        // On a scale of powers of ten only these have a line.
        grid: (u, marks) => (chart.logarithmic ? marks.map((mark) => (Math.abs(Math.log10(mark) % 1) < 1e-9 ? mark : null)) : marks),
        x: { space: 90, incrs: SECONDS, values: (u, marks, axis, space, step) => marks.map((mark) => clock(mark, step)) },
        y: { space: 34, ...(isBytes ? { incrs: BINARY } : {}), values: (u, marks) => marks.map((mark) => (mark === null ? null : mark === 0 ? "0" : chart.format(mark))) },
      }),
      hooks: {
        drawAxes: [backdrop],
        draw: [thresholds(chart)],
        setCursor: [(u) => { if (u.cursor.event || u.cursor.left < 0) point(u); }],
        // A drag selects on all charts, since their cursors go together; the one under the mouse says what it means.
        setSelect: [(u) => {
          const { left, width: selected } = u.select;
          const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + selected, "x")];
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (u === dragging && selected > 3) go(from, to);
        }],
        ready: [(u) => {
          u.over.addEventListener("mousedown", () => { dragging = u; });
          u.over.addEventListener("dblclick", () => go(...whole));
        }],
      },
    });
  };

  // What the mouse is at: the figures of that point in every legend; without a mouse the peaks of what is in view.
  const point = (u) => {
    at = u.cursor.left < 0 ? null : pointAt(u.posToVal(u.cursor.left, "x"));
    legends();
  };
  const legends = () => {
    const { timeline } = shown;
    for (const chart of charts) {
      if (!chart.values) continue;
      chart.series.forEach(([key], i) => {
        const value = at === null ? peak(timeline[key]) : timeline[key][at];
        const unresolved = chart.id === "allocation" && !shown.allocation;
        chart.values[i].textContent = value === null ? "-" : unresolved ? "unresolved" : chart.format(value);
      });
    }
    const readout = $("#readout");
    if (at === null) {
      readout.textContent = "Peaks of what is shown. Drag to zoom in, double-click for the whole run.";
      return;
    }
    const [from, to] = [timeline.at[at], timeline.at[at + 1]];
    const raised = shown.findings
      .filter((finding) => finding.episodes.some(([since, until]) => since < to && until > from))
      .map((finding) => finding.rule);
    const cycles = timeline.cycles[at];
    readout.textContent = `${span(from, to)}: ${count(cycles)} cycle${cycles === 1 ? "" : "s"}` + (raised.length ? `; raised: ${raised.join(", ")}` : "");
  };

  const legend = (chart) => {
    const place = $(".legend", chart.figure);
    place.replaceChildren();
    chart.values = chart.series.map(([, label, name], i) => {
      const button = make("button", `${label} `);
      const value = make("span");
      button.type = "button";
      button.style.setProperty("--swatch", `var(${name})`);
      button.setAttribute("aria-pressed", String(!chart.hidden.has(i)));
      button.title = `Show or hide ${label}`;
      button.addEventListener("click", () => {
        if (!chart.hidden.delete(i)) chart.hidden.add(i);
        draw(chart);
      });
      button.append(value);
      place.append(button);
      return value;
    });
    if (!chart.log) return;
    const scale = make("button", `scale: ${chart.logarithmic ? "logarithmic" : "linear"}`, "scale");
    scale.type = "button";
    scale.title = "Change the scale";
    scale.addEventListener("click", () => { chart.logarithmic = !chart.logarithmic; draw(chart); });
    place.append(scale);
  };

  const draw = (chart) => {
    if (chart.u) chart.u.destroy();
    chart.u = null;
    if (chart.series) {
      legend(chart);
      const figures = fill(chart);
      const unresolved = chart.id === "allocation" && !shown.allocation;
      if (figures[0].length < 2 || unresolved) {
        const why = unresolved ? "Not drawn: the cycles are too few or too small for heap sizes in whole MiB to tell." : "Too few cycles to draw.";
        chart.plot.replaceChildren(make("p", why, "note"));
        legends();
        return;
      }
      chart.plot.replaceChildren();
      chart.u = new uPlot(overTime(chart), figures, chart.plot);
      chart.u.setScale("x", { min: view[0], max: view[1] });
      legends();
    } else {
      chart.plot.replaceChildren();
      const made = chart.draw(chart);
      if (made) chart.u = new uPlot(made[0], made[1], chart.plot);
      else chart.plot.replaceChildren(make("p", "Too few cycles to draw.", "note"));
    }
  };

  // Ten buckets a decade: about as fine as two significant digits are.
  const bucket = (ns) => Math.floor(10 * Math.log10(Math.max(ns, 1000)) + 1e-9);
  const edge = (index) => 10 ** (index / 10);
  const pauses = (chart) => {
    const counts = new Map();
    for (const [ns, cycles] of shown.pauses) counts.set(bucket(ns), (counts.get(bucket(ns)) || 0) + cycles);
    if (!counts.size) return null;
    const first = Math.min(...counts.keys()) - 1;
    const last = Math.max(...counts.keys()) + 1;
    const x = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const y = x.map((index) => counts.get(index) || 0);
    const most = Math.max(...y);
    const marks = (u) => {
      const { ctx } = u;
      const { left, top, width, height } = u.bbox;
      const ratio = devicePixelRatio;
      let free = -Infinity;
      let line = 0;
      ["p50", "p99", "max"].forEach((name, i) => {
        const ns = shown.percentiles[i];
        const px = u.valToPos(10 * Math.log10(Math.max(ns, 1000)), "x", true);
        ctx.save();
        ctx.font = `${11 * ratio}px system-ui, sans-serif`;
        const text = `${name} ${duration(ns)}`;
        const wide = ctx.measureText(text).width + 8 * ratio;
        const right = px + wide > left + width;
        const start = right ? px - wide : px;
        line = start < free ? line + 1 : 0;
        free = start + wide;
        ctx.strokeStyle = color("--c2");
        ctx.fillStyle = color("--ink");
        ctx.setLineDash([4 * ratio, 3 * ratio]);
        ctx.beginPath();
        ctx.moveTo(px, top);
        ctx.lineTo(px, top + height);
        ctx.stroke();
        ctx.textAlign = "left";
        ctx.textBaseline = "top";
        ctx.fillText(text, start + 4 * ratio, top + line * 14 * ratio);
        ctx.restore();
      });
    };
    const place = $(".legend", chart.figure);
    place.textContent = `${count(y.reduce((sum, value) => sum + value, 0))} cycles`;
    return [options(chart, {
      scales: { x: { time: false, range: () => [first, last + 1] }, y: { range: () => [0, most * 1.3] } },
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      series: [{}, { stroke: () => color("--c1"), width: 1, fill: () => faint("--c1", 0.55), paths: uPlot.paths.bars({ size: [1, Infinity], align: 1, gap: 1 }), points: { show: false } }],
      axes: axes({
        x: { splits: () => x.filter((index) => index % 10 === 0 || (x.length <= 24 && [3, 7].includes(((index % 10) + 10) % 10))), values: (u, splits) => splits.map((index) => duration(Math.round(edge(index) / 10 ** Math.floor(index / 10)) * 10 ** Math.floor(index / 10))) },
        y: { space: 30, incrs: [1, 2, 5].flatMap((n) => Array.from({ length: 13 }, (_, p) => n * 10 ** p)).sort((a, b) => a - b), values: (u, splits) => splits.map(count) },
      }),
      hooks: {
        draw: [marks],
        setCursor: [(u) => {
          const index = u.cursor.left < 0 ? null : Math.floor(u.posToVal(u.cursor.left, "x"));
          const cycles = index === null ? null : counts.get(index) || 0;
          place.textContent = index === null
            ? `${count(y.reduce((sum, value) => sum + value, 0))} cycles`
            : `${duration(Math.round(edge(index)))} to ${duration(Math.round(edge(index + 1)))}: ${count(cycles)} cycle${cycles === 1 ? "" : "s"}`;
        }],
      },
    }), [x, y]];
  };

  const mmu = (chart) => {
    const label = (u) => {
      const { ctx } = u;
      const ratio = devicePixelRatio;
      ctx.save();
      ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
      ctx.fillStyle = color("--ink");
      ctx.textAlign = "center";
      ctx.textBaseline = "bottom";
      shown.mmu.forEach((share, i) => share === null || ctx.fillText(percent(share), u.valToPos(i, "x", true), u.valToPos(share, "y", true) - 7 * ratio));
      ctx.restore();
    };
    return [options(chart, {
      scales: { x: { time: false, range: () => [-0.4, 3.4] }, y: { range: () => [0, 1.18] } },
      cursor: { show: false },
      series: [{}, { stroke: () => color("--c1"), width: 2, points: { show: true, size: 7, fill: () => color("--c1") } }],
      axes: axes({
        x: { splits: () => [0, 1, 2, 3], values: () => ["1ms", "10ms", "100ms", "1s"] },
        y: { splits: () => [0, 0.25, 0.5, 0.75, 1], values: (u, splits) => splits.map(percent) },
      }),
      hooks: { draw: [label] },
    }), [[0, 1, 2, 3], shown.mmu]];
  };

  // One line a finding, over the same stretch of time as the charts.
  const lane = () => {
    const place = $("#lane");
    place.replaceChildren(...shown.findings.map((finding) => {
      const row = make("div", undefined, "row");
      for (const [since, until, severity, worst] of finding.episodes) {
        if (until < view[0] || since > view[1]) continue;
        const bar = make("i", undefined, severity);
        const share = (time) => Math.min(100, Math.max(0, (100 * (time - view[0])) / (view[1] - view[0])));
        bar.style.left = `${share(since)}%`;
        bar.style.width = `${share(until) - share(since)}%`;
        bar.title = `${finding.rule}, ${severity}: ${worst} at worst, ${span(since, until)}`;
        row.append(bar);
      }
      row.append(make("b", finding.rule));
      return row;
    }));
  };

  const tables = () => {
    const body = $("#measures tbody");
    if (!body) return;
    $("#course").textContent = shown.course;
    const name = $("#measures .process");
    if (name) name.textContent = shown.id;
    const rows = shown.rows.map(([title, figures, all]) => {
      const row = make("tr");
      row.append(make("th", title), ...figures.map((figure) => make("td", figure, "number")), make("td", all));
      return row;
    });
    if (shown.busiest) {
      const row = make("tr");
      const cell = make("td", shown.busiest);
      cell.colSpan = 5;
      row.append(make("th", "busiest"), cell);
      rows.push(row);
    }
    body.replaceChildren(...rows);
    document.querySelectorAll("#processes tbody tr").forEach((row, i) => row.classList.toggle("chosen", i === current));
  };

  const choose = (index) => {
    current = index;
    shown = processes[index];
    shown.stretches ??= stretches(shown.findings);
    const times = shown.timeline.at;
    whole = times.length > 1 ? [times[0], times[times.length - 1]] : [0, 1];
    at = null;
    for (const chart of charts) {
      if (!chart.log) continue;
      // A scale of powers of ten where the longest pause would flatten all others.
      const typical = shown.percentiles[0];
      chart.logarithmic = typical > 0 && shown.percentiles[2] > 30 * typical;
    }
    tables();
    const chooser = $("#chooser");
    if (chooser) chooser.value = String(index);
  };

  // The address of a process and a stretch of time.
  const address = (index, from, to) => {
    const all = from <= whole[0] && to >= whole[1];
    return `#process=${index}` + (all ? "" : `&from=${Math.round(from * 1000)}ms&to=${Math.round(to * 1000)}ms`);
  };
  // Shows a stretch of time within the run, at least 1 ms long, since the log's clock is no finer.
  const go = (from, to) => {
    const length = Math.min(Math.max(to - from, 0.001), whole[1] - whole[0]);
    const start = Math.min(Math.max(from, whole[0]), whole[1] - length);
    history.replaceState(null, "", address(current, start, start + length));
    show();
  };
  // Brings the page to what its address says.
  const show = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const index = Number(wanted.get("process"));
    const process = processes[index] ? index : 0;
    const changed = process !== current;
    if (changed) choose(process);
    const time = (name, otherwise) => {
      const value = parseFloat(wanted.get(name)) / 1000;
      return Number.isFinite(value) ? Math.min(Math.max(value, whole[0]), whole[1]) : otherwise;
    };
    view = [time("from", whole[0]), time("to", whole[1])];
    if (!(view[1] > view[0])) view = [...whole];
    lane();
    for (const chart of charts) {
      if (changed || !chart.u) draw(chart);
      else if (chart.series) chart.u.setScale("x", { min: view[0], max: view[1] });
    }
    legends();
    // What is shown, for those who drive this page from outside.
    root.dataset.process = shown.id;
    root.dataset.from = view[0];
    root.dataset.to = view[1];
    root.dataset.charts = charts.filter((chart) => chart.u).length;
  };

  const zoom = (how) => {
    const [from, to] = view;
    const span = to - from;
    const steps = {
      in: [from + span / 4, to - span / 4],
      out: [from - span / 2, to + span / 2],
      earlier: [from - span / 2, to - span / 2],
      later: [from + span / 2, to + span / 2],
      all: whole,
    };
    go(...steps[how]);
  };

  const start = () => {
    if (!processes.length || !$("#charts")) return;
    for (const chart of [...OVER_TIME, { id: "pauses", draw: pauses }, { id: "mmu", draw: mmu }]) {
      const figure = $(`#${chart.id}`);
      charts.push({ ...chart, figure, plot: $(".plot", figure), hidden: new Set(), logarithmic: false, u: null });
    }
    const chooser = $("#chooser");
    if (chooser) {
      const rank = ["info", "warning", "critical"];
      chooser.replaceChildren(...processes.map((process, i) => {
        const worst = process.findings.reduce((most, { severity }) => Math.max(most, rank.indexOf(severity)), -1);
        const option = make("option", process.id + (worst >= 0 ? ` (${rank[worst]})` : ""));
        option.value = String(i);
        return option;
      }));
      chooser.addEventListener("change", () => { location.hash = `#process=${chooser.value}`; });
    }
    document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => zoom(button.dataset.zoom)));
    window.addEventListener("hashchange", () => {
      show();
      // A link of a finding or of the table leads to the charts.
      if ($("#charts").getBoundingClientRect().top > 0 || $("#allocation").getBoundingClientRect().bottom < 0) $("#charts").scrollIntoView();
    });
    const redraw = () => charts.forEach((chart) => chart.u && chart.u.redraw(false));
    const resize = () => charts.forEach((chart) => chart.u && chart.u.setSize({ width: Math.max(120, width(chart)), height: height() }));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    window.addEventListener("resize", resize);
    // Paper is white whatever the screen is.
    window.addEventListener("beforeprint", () => { root.classList.add("printing"); resize(); redraw(); });
    window.addEventListener("afterprint", () => { root.classList.remove("printing"); resize(); redraw(); });
    show();
  };

  window.addEventListener("error", (event) => {
    const failed = $("#failed");
    if (!failed) return;
    failed.hidden = false;
    failed.textContent = `The charts could not be drawn: ${event.message}. All figures stand in the tables.`;
  });
  // For the console of those who want to look closer.
  window.gcpressure = { report, go, format: { duration, bytes, rate, percent, count } };
  start();
})();
