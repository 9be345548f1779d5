/** The measure of a step: activities that do nothing, one after the other. */
import { proxyActivities } from '@temporalio/workflow';

const { noOp } = proxyActivities<{ noOp(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

export async function noOps(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await noOp();
}
