#!/bin/sh
# run.sh FOLDER JOBSCRIPT: runs on the node, and keeps how the job ended, which no scheduler keeps for good.
cd "$1"
sh "$2"
ended=$?
echo "$ended" >".snakemake/submitted/$PBS_JOBID.unfinished"
mv ".snakemake/submitted/$PBS_JOBID.unfinished" ".snakemake/submitted/$PBS_JOBID.ended"
exit "$ended"
