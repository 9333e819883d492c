//! Numbers only, no GC words: exact count histogram, nearest-rank quantiles, trend, exceedance tests. The only importer of `statrs`.
