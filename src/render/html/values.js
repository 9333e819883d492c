// Values for people, as the rest of the report writes them, and the marks of axes, for the scripts that draw charts.
window.values = (() => {
  "use strict";

  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  const significant = (value) => {
    const size = Math.abs(value);
    return trimmed(value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : size >= 0.0995 ? 3 : 4));
  };
  const two = (value) => String(value).padStart(2, "0");
  const count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  const duration = (ns) => {
    if (ns === 0) return "0s";
    for (const [name, size, limit] of [["ns", 1, 1e3], ["µs", 1e3, 999500], ["ms", 1e6, 999500000], ["s", 1e9, 59950000000]]) {
      if (ns < limit) return significant(ns / size) + name;
    }
    const s = Math.floor((ns + 5e8) / 1e9);
    if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
    if (s < 172800) return `${Math.floor(s / 3600)}h${two(Math.floor(s / 60) % 60)}m`;
    return `${Math.floor(s / 86400)}d${two(Math.floor(s / 3600) % 24)}h`;
  };
  const span = (since, until) => {
    const [from, to] = [since, until].map((seconds) => duration(seconds * 1e9));
    if (from !== to) return `${from} to ${to}`;
    return since === until ? `at ${from}` : `at ${from} for ${duration((until - since) * 1e9)}`;
  };
  const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
  const bytes = (value) => {
    const power = value < 1 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
    return significant(value / 1024 ** power) + UNITS[power];
  };
  const heap = (value) => (value === 0 ? "<1MiB" : bytes(value));
  const rate = (value) => {
    if (value >= 0.1 || value <= 0) return significant(value) + "/s";
    return value * 60 >= 0.1 ? significant(value * 60) + "/min" : significant(value * 3600) + "/h";
  };
  const percent = (value) => {
    const share = value * 100;
    if (share > 0 && share < 0.005) return "<0.01%";
    return trimmed(share.toFixed(share < 1 ? 2 : 1)) + "%";
  };
  const flow = (value) => bytes(value) + "/s";
  // Program time on the axis, as fine as its marks lie apart.
  const clock = (seconds, step) => {
    const decimals = step >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(step)));
    const rest = (base) => (seconds % base).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
    if (seconds < 60) return `${seconds.toFixed(decimals)}s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes}m${rest(60)}s`;
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return `${hours}h${two(minutes % 60)}m` + (step < 60 ? `${rest(60)}s` : "");
    return `${Math.floor(hours / 24)}d${two(hours % 24)}h` + (step < 3600 ? `${two(minutes % 60)}m` : "");
  };
  // Steps of bytes and of time that an axis may have.
  const BINARY = Array.from({ length: 51 }, (_, power) => 2 ** power);
  const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000, 2592000, 8640000, 25920000];

  return { duration, span, bytes, heap, rate, percent, flow, count, clock, BINARY, SECONDS };
})();
