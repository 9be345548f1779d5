/**
 * The words with which sbatch and slurmctld say that a job as it is will never be taken: a closed list (SLURM's
 * slurm_errno.c and slurm_opt.c, 20.11 to 25.11, and its recorded answers). Whatever else made sbatch fail may pass.
 */
const FINAL: readonly RegExp[] = [
  // Partition.
  /Invalid partition name specified/,
  /No partition specified or system default partition/,
  /User's group not permitted to use this partition/,
  /Multiple partition job request not supported/,
  // Account, QOS, rights.
  /Invalid account/,
  /Invalid qos specification/i,
  /Invalid wckey specification/,
  /Invalid mcs_label specified/,
  /Invalid (user|group) id/i,
  /Access\/permission denied/,
  // A limit on the number of jobs, which passes, has been told apart before.
  /violates accounting\/QOS policy/,
  // Size.
  /More processors requested than permitted/,
  /(Node|CPU|Task) count specification invalid/,
  /Job size specification needs to be provided/,
  /Task distribution specification invalid/,
  /Memory specification can not be satisfied/,
  /Memory required by task is not available/,
  /Requested (node|topology) configuration is not available/,
  /Cannot request more threads per core/,
  // Feature, gres, license, reservation, dependency.
  /Invalid (preferred )?feature specification/,
  /Invalid (generic resource \(gres\)|GRES) specification/,
  /Duplicate generic resource/,
  /Requested GRES option unsupported/,
  /Invalid Trackable RESource/,
  /Invalid license specification/,
  /Requested reservation is invalid/,
  /Access denied to requested reservation/,
  /Burst Buffer (permission denied|request invalid)/,
  /Job --batch option is invalid/,
  /(Job|Circular job) dependency( problem)?/,
  /Invalid job array specification/,
  // Time.
  /Requested time limit is invalid/,
  /Time limit specification required/,
  /Invalid time(-min)? specifi/,
  // Nodes.
  /Invalid node (name|list) specified/,
  /Requested nodes not in this partition/,
  // sbatch's own reading of options and script.
  /Invalid --?\S+ (specification|argument)/,
  /Invalid (numeric value|directive found in batch script)/,
  /Invalid --nice value/,
  /(unrecognized|invalid) option\b/,
  /option .* (is ambiguous|requires an argument)/,
  /doesn't allow an argument/,
  /(is|are) mutually exclusive/,
  /Unmatched `.` in \[/,
  /Batch script (is empty|contains)/,
  /This does not look like a batch script/,
  /Pathname of a file, directory or other parameter too long/,
];

/** Only its own lines count: a wrapper's traceback may hold anything. */
const SBATCH_LINE = /^\s*(sbatch|allocation failure): /;

/** What sbatch itself has said, of all that a wrapper and the site's own commands said besides. */
export const sbatchLines = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => SBATCH_LINE.test(line))
    .join('\n');

/** Whether sbatch has said, in words of its own, that the job will never be taken. */
export const isFinalRefusal = (stderr: string): boolean =>
  FINAL.some((words) => words.test(sbatchLines(stderr)));
