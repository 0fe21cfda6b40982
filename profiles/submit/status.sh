#!/bin/sh
# status.sh ID: says whether a job is running (or waits), or ended in success or failed. One of which
# the scheduler knows no more, and which left no word of its end, was killed.
ended=".snakemake/submitted/$1.ended"
tell() {
    if [ "$(cat "$ended")" = 0 ]; then echo success; else echo failed; fi
}
if [ -f "$ended" ]; then
    tell
elif qstat "$1" >/dev/null 2>&1; then
    echo running
else
    sleep 10 # until all machines see the same files
    if [ -f "$ended" ]; then tell; else echo failed; fi
fi
