# What most people would write: split on everything that is no number, the sums of the pauses.
/^gc [0-9]+ @/ {
    n = split($0, f, /[^0-9.]+/)
    cycles++
    pause += f[5] + f[7]
    if (f[15] > live) live = f[15]
}
END { printf "%d %.3f %d\n", cycles, pause, live }
