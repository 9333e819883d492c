//! Bytes to lines: sources, decompression, decoding, the buffered reader.
