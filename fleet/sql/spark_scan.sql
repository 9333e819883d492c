-- Scans all logs below a folder by Spark SQL alone: no Python on the workers. The program and the logs are at the same path on all.
-- spark-sql -d program=/usr/local/bin/gcpressure -d root=/logs -d out=/out/rows -d tasks=24 -f fleet/sql/spark_scan.sql
-- Spark lists no empty files, and tasks are not balanced by size: `spark-submit` of gcpressure_fleet does both.

CREATE OR REPLACE TEMPORARY VIEW logs USING binaryFile OPTIONS (path '${root}', recursiveFileLookup 'true');

INSERT OVERWRITE DIRECTORY '${out}' USING text OPTIONS (compression 'gzip')
SELECT TRANSFORM(work) USING '${program} fleet scan --root ${root} --keep-going -' AS (fleet_row STRING)
FROM (
    -- One log a line, with its rotated parts.
    SELECT /*+ REPARTITION(${tasks}) */ to_json(sort_array(collect_list(path))) AS work
    FROM (
        SELECT replace(path, 'file:', '') AS path, regexp_replace(regexp_replace(path, '[.](gz|zst)$', ''),
            '([^0-9.])[.][1-9][0-9]{0,2}$|([.]log)[.][0-9]{8}-[0-9]{6}$|-[0-9]{8}$|-[0-9-]{10}T[0-9-]{8}[.][0-9]{3}([.]log)$',
            '$1$2$3') AS log
        FROM logs)
    GROUP BY log);
