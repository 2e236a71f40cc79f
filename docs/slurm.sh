#!/bin/bash
# Encodes a folder of images into a store on the machines of a Slurm cluster, which share the folders: an array job, a
# task for each part. Copy this file, set the number of tasks and what your cluster wants (partition, GPU, time), and
# submit it where webcir is installed, with the job that joins the parts:
#
#   job=$(sbatch --parsable slurm.sh photos store)
#   sbatch --dependency=afterany:$job --wrap='npx webcir store join store'
#
# Can be submitted again: tasks whose part is whole only look for what has changed since. Some of them alone:
#
#   sbatch --array=3,7 slurm.sh photos store 16
#
#SBATCH --job-name=webcir-index
#SBATCH --array=1-16
#SBATCH --requeue
#SBATCH --open-mode=append

photos=$1
store=$2
parts=${3:-$SLURM_ARRAY_TASK_COUNT}

npx webcir index "$photos" --into "$store" --shard "$SLURM_ARRAY_TASK_ID/$parts" \
  --skip-missing --report "$store.unreadable.$SLURM_ARRAY_TASK_ID.jsonl"
status=$?

# Slurm starts a task again whose machine fails. One whose process was killed (out of memory: 137; a driver that
# crashes: 134, 139) is started again here, four times at most, and goes on where it was; 143 is scancel.
if [ "$status" -gt 128 ] && [ "$status" -ne 143 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 4 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$status"
