#!/bin/sh
# submit.sh RULE THREADS MB MINUTES GPUS JOBSCRIPT: submits a job and prints its ID.
set -eu
mkdir -p .snakemake/submitted
exec qsub -V -N "$1" -j oe -o "$PWD/.snakemake/submitted" \
    -l "select=1:ncpus=$2:mem=$3mb:ngpus=$5" -l "walltime=$(($4 * 60))" \
    -- "$(realpath "$(dirname "$0")")/run.sh" "$PWD" "$6"
