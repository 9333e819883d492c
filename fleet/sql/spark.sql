-- Fleet rows in Spark SQL: spark-sql -d rows=out/rows -i fleet/sql/spark.sql
-- Then e.g.: SELECT * FROM quantiles;   SELECT * FROM offenders LIMIT 20;

-- Columns are named, because labels are a map, and no guess of Spark's. More of them: `gcpressure schema fleet-row`.
CREATE OR REPLACE TEMPORARY VIEW fleet (
    record STRING, labels MAP<STRING, STRING>, source STRING, error STRING, process STRING, bucket STRING,
    verdict STRING, cause STRING, cycles BIGINT, span_ms BIGINT, cpu_capacity_ms BIGINT,
    stop_cpu_us BIGINT, mark_assist_cpu_us BIGINT, mark_background_cpu_us BIGINT, pause_max_ns BIGINT,
    period_counts ARRAY<STRUCT<value_ns: BIGINT, count: BIGINT>>, pause_counts ARRAY<STRUCT<value_ns: BIGINT, count: BIGINT>>,
    stop_counts ARRAY<STRUCT<value_ns: BIGINT, count: BIGINT>>, mark_counts ARRAY<STRUCT<value_ns: BIGINT, count: BIGINT>>
) USING json OPTIONS (path '${rows}', mode 'FAILFAST');

-- Whole processes: with --bucket a process has rows for its parts too.
CREATE OR REPLACE TEMPORARY VIEW processes AS SELECT * FROM fleet WHERE record = 'process' AND bucket IS NULL;

-- Exact quantiles by service, by nearest rank: what `gcpressure fleet merge --by service` says.
CREATE OR REPLACE TEMPORARY VIEW quantiles AS
WITH counts AS (
    SELECT labels['service'] AS service, 'period' AS measure, inline(period_counts) FROM processes
    UNION ALL SELECT labels['service'], 'pause', inline(pause_counts) FROM processes
    UNION ALL SELECT labels['service'], 'stop', inline(stop_counts) FROM processes
    UNION ALL SELECT labels['service'], 'mark', inline(mark_counts) FROM processes
), ranked AS (
    SELECT service, measure, value_ns,
        sum(sum(count)) OVER (PARTITION BY service, measure ORDER BY value_ns) AS rank,
        sum(sum(count)) OVER (PARTITION BY service, measure) AS total
    FROM counts GROUP BY service, measure, value_ns
)
SELECT service, measure, max(total) AS count, min(value_ns) AS min,
    min(value_ns) FILTER (WHERE rank * 1000 >= total * 500) AS p50,
    min(value_ns) FILTER (WHERE rank * 1000 >= total * 900) AS p90,
    min(value_ns) FILTER (WHERE rank * 1000 >= total * 990) AS p99,
    min(value_ns) FILTER (WHERE rank * 1000 >= total * 999) AS p999,
    max(value_ns) AS max
FROM ranked GROUP BY service, measure ORDER BY service, measure;

-- The processes that burnt most CPU in collecting, with the cause.
CREATE OR REPLACE TEMPORARY VIEW offenders AS
SELECT labels['service'] AS service, source, process, verdict, cause, cycles, pause_max_ns,
    (stop_cpu_us + mark_assist_cpu_us + mark_background_cpu_us) / 3.6e9D AS core_hours,
    (stop_cpu_us + mark_assist_cpu_us + mark_background_cpu_us) / (1e3D * cpu_capacity_ms) AS gc_cpu_ratio
FROM processes ORDER BY core_hours DESC NULLS LAST, source, process;
