"""spark-submit gcpressure_fleet/__main__.py --root DIR --out DIR: fleet rows of all logs below a folder, and merged rows."""

import argparse
import os
import re
import sys

try:
    from gcpressure_fleet import bytes, spark
except ModuleNotFoundError:
    # Submitted from a checkout, where nothing is installed.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from gcpressure_fleet import bytes, spark

GZIP = "org.apache.hadoop.io.compress.GzipCodec"


def main():
    parser = argparse.ArgumentParser(
        prog="gcpressure_fleet",
        description="Writes OUT/rows: a line of JSON for each stream and each process below ROOT; with --by also OUT/merged: a "
        "line for each group of labels. Both are compressed, and read by `gcpressure fleet merge` and `gcpressure fleet report`.",
        allow_abbrev=False,
        epilog="Options that are not listed here are passed on to `gcpressure fleet scan`, e.g. --bucket 1d, --label cluster=eu.",
    )
    parser.add_argument("--root", required=True, help="folder of the logs, the same on all machines; with --bytes an address")
    parser.add_argument("--out", required=True, help="folder or address to write to; it must not have `rows` or `merged` yet")
    parser.add_argument("--by", default="", metavar="K,K", help="labels to merge by, e.g. service,version")
    parser.add_argument("--tasks", type=int, help="number of tasks [default: 3 a core]")
    parser.add_argument("--binary", metavar="PATH", help="program to ship to the workers [default: the gcpressure on the path]")
    parser.add_argument("--bytes", action="store_true", help="let Spark read the logs, e.g. from s3a://bucket/logs")
    given, options = parser.parse_known_args()

    from pyspark.sql import SparkSession

    session = SparkSession.builder.appName("gcpressure fleet").getOrCreate()
    sc = session.sparkContext
    try:
        program = spark.binary(sc, given.binary)
        read = bytes.rows if given.bytes else spark.rows
        read(sc, given.root, program, given.tasks, options).saveAsTextFile(f"{given.out}/rows", GZIP)
        print(f"{given.out}/rows")
        if given.by:
            merged = spark.merged(sc.textFile(f"{given.out}/rows"), program, given.by.split(","))
            merged.saveAsTextFile(f"{given.out}/merged", GZIP)
            print(f"{given.out}/merged")
    except FileNotFoundError as error:
        sys.exit(f"gcpressure_fleet: {error}")
    except Exception as error:
        # What went wrong, as the last word under Spark's stack traces.
        said = re.search(r"(?:RuntimeError|FileAlreadyExistsException): (.*?)(?:\s+SQLSTATE|\n\s*at |\Z)", str(error), re.DOTALL)
        if not said:
            raise
        sys.exit(f"gcpressure_fleet: {said[1]}")
    finally:
        session.stop()


if __name__ == "__main__":
    main()
