-- Fleet rows in DuckDB. First: SET VARIABLE rows = 'out/rows/*.gz';
-- Then e.g.: FROM quantiles;   FROM offenders LIMIT 20;

-- Columns are named, because DuckDB would guess that a label such as 1.10 is a number. More of them: `gcpressure schema fleet-row`.
CREATE OR REPLACE VIEW fleet AS FROM read_json(getvariable('rows'), format = 'newline_delimited', columns = {
    record: 'VARCHAR', labels: 'MAP(VARCHAR, VARCHAR)', source: 'VARCHAR', error: 'VARCHAR', process: 'VARCHAR', bucket: 'VARCHAR',
    verdict: 'VARCHAR', cause: 'VARCHAR', cycles: 'BIGINT', span_ms: 'BIGINT', cpu_capacity_ms: 'BIGINT',
    stop_cpu_us: 'BIGINT', mark_assist_cpu_us: 'BIGINT', mark_background_cpu_us: 'BIGINT', pause_max_ns: 'BIGINT',
    period_counts: 'STRUCT(value_ns BIGINT, "count" BIGINT)[]', pause_counts: 'STRUCT(value_ns BIGINT, "count" BIGINT)[]',
    stop_counts: 'STRUCT(value_ns BIGINT, "count" BIGINT)[]', mark_counts: 'STRUCT(value_ns BIGINT, "count" BIGINT)[]'});

-- Whole processes: with --bucket a process has rows for its parts too.
CREATE OR REPLACE VIEW processes AS FROM fleet WHERE record = 'process' AND bucket IS NULL;

-- Exact quantiles by service, by nearest rank: what `gcpressure fleet merge --by service` says.
CREATE OR REPLACE VIEW quantiles AS
WITH counts AS (
    SELECT labels['service'] AS service, 'period' AS measure, unnest(period_counts, recursive := true) FROM processes
    UNION ALL SELECT labels['service'], 'pause', unnest(pause_counts, recursive := true) FROM processes
    UNION ALL SELECT labels['service'], 'stop', unnest(stop_counts, recursive := true) FROM processes
    UNION ALL SELECT labels['service'], 'mark', unnest(mark_counts, recursive := true) FROM processes
), ranked AS (
    SELECT service, measure, value_ns,
        sum(sum("count")) OVER (PARTITION BY service, measure ORDER BY value_ns) AS rank,
        sum(sum("count")) OVER (PARTITION BY service, measure) AS total
    FROM counts GROUP BY service, measure, value_ns
)
SELECT service, measure, any_value(total) AS "count", min(value_ns) AS min,
    min(value_ns) FILTER (rank * 1000 >= total * 500) AS p50,
    min(value_ns) FILTER (rank * 1000 >= total * 900) AS p90,
    min(value_ns) FILTER (rank * 1000 >= total * 990) AS p99,
    min(value_ns) FILTER (rank * 1000 >= total * 999) AS p999,
    max(value_ns) AS max
FROM ranked GROUP BY service, measure ORDER BY service, measure;

-- The processes that burnt most CPU in collecting, with the cause.
CREATE OR REPLACE VIEW offenders AS
SELECT labels['service'] AS service, source, process, verdict, cause, cycles, pause_max_ns,
    (stop_cpu_us + mark_assist_cpu_us + mark_background_cpu_us) / 3.6e9 AS core_hours,
    (stop_cpu_us + mark_assist_cpu_us + mark_background_cpu_us) / (1e3 * cpu_capacity_ms) AS gc_cpu_ratio
FROM processes ORDER BY core_hours DESC NULLS LAST, source, process;
