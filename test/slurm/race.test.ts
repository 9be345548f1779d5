import pLimit from 'p-limit';
import { expect, it } from 'vitest';
import type { Batch } from '../../src/batch/contract.js';
import { backendOn, makeBatch, newContext, startsOf, testConfig, untilEnded } from './batches.js';
import { describeOnCluster } from './on-cluster.js';
import { createWrappers } from './wrappers.js';

/** `npm run test:slurm:race` does the long one. */
const kills = process.env['npm_lifecycle_event'] === 'test:slurm:race' ? 300 : 40;
const atOnce = 20;

/**
 * The first sbatch of each job is killed at a random moment of its life, or right before its request, or after it
 * was accepted and before it could say so. Its name is the only thing that it leaves.
 */
const killedSbatch = `
script=\${0%/*}/script.$$
cat >"$script"
mark=\${0%/*}/$(sed -n 's/^#SBATCH --job-name=//p' "$script")
if [[ -e $mark ]]; then exec "$real" "$@" <"$script"; fi
: >"$mark"
case $((RANDOM % 5)) in
  0) echo before >"$mark" ;;
  1) "$real" "$@" <"$script" >/dev/null; echo after >"$mark" ;;
  *)
    "$real" "$@" <"$script" >"$mark.out" &
    read -r -t "0.0$((RANDOM % 2))$((RANDOM % 10))" <> <(:)
    kill -KILL $!
    wait $! 2>/dev/null
    if [[ -s $mark.out ]]; then cat "$mark.out"; echo answered >"$mark"; else echo amid >"$mark"; fi ;;
esac
exit 137
`;

describeOnCluster('sbatch killed on a real cluster', { extra: ['--message-timeout', '2'] }, (cluster) => {
  it(
    `${kills} times at random moments: no unit runs twice, none is missing`,
    async () => {
      const wrappers = await createWrappers(cluster());
      await wrappers.set('sbatch', killedSbatch);
      const config = testConfig({ max_submissions_per_minute: 100_000, sbatch_timeout_seconds: 5 });
      const worker = backendOn(cluster(), config, wrappers.path);
      const submitOnce = async (index: number): Promise<Batch> => {
        const batch = await makeBatch(cluster(), worker, { units: ['true', 'true', 'true'], lanes: 2 });
        const context = newContext();
        // Every third worker dies during the submission; another one takes over.
        const dies = index % 3 === 0;
        const timer = setTimeout(() => {
          if (dies) context.abort();
        }, Math.random() * 60);
        const first = await worker.executor.submit(batch, context).catch(() => null);
        clearTimeout(timer);
        if (first === null) expect(dies).toBe(true);
        const next = backendOn(cluster(), config, wrappers.path);
        const handle = await next.executor.submit(batch, newContext());
        if (first !== null) expect(handle).toEqual(first);
        expect(await untilEnded(worker, batch, handle)).toMatchObject({ cause: 'completed' });
        return batch;
      };
      const limit = pLimit(atOnce);
      const batches = await Promise.all(
        Array.from({ length: kills }, (_, index) => limit(() => submitOnce(index))),
      );
      for (const batch of batches) {
        const starts = await startsOf(batch);
        expect(starts.map((unit) => unit.length)).toEqual([1, 1, 1]);
      }
      const names = (await cluster().asUser(['squeue', '-h', '-t', 'all', '-o', '%j'])).stdout.split('\n');
      expect(names.sort()).toEqual(batches.map(({ jobName }) => jobName).sort());
      const marks = await cluster().asUser([
        'bash',
        '-c',
        `cat ${wrappers.path}/run.task.*-???? | sort | uniq -c`,
      ]);
      const submissions = (await wrappers.calls('sbatch')).length;
      console.log(
        `sbatch was killed: ${marks.stdout.replaceAll(/\s+/g, ' ')}; ` +
          `${2 * kills - submissions} of ${kills} left a job, which was adopted; the others were submitted again`,
      );
    },
    kills * 3_000,
  );
});
