/** What the server knows of a run's pending batches: live, without a worker. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import type { BatchHeartbeat } from '../wire/progress.js';

/** An activity that is not done, as `describe` shows it. */
export interface PendingActivity {
  /** `runBatch`, `planTask`, ... */
  type: string;
  attempt: number;
  /** The message of the last attempt's failure, why it waits to be tried again. */
  lastFailure: string | null;
  /** Last heartbeat of `runBatch`; null before the first. */
  batch: BatchHeartbeat | null;
}

const isHeartbeat = (value: unknown): value is BatchHeartbeat =>
  typeof value === 'object' && value !== null && 'key' in value && 'done' in value && 'position' in value;

/** The pending activities of a described run, with their heartbeats decoded. */
export const pendingActivities = (
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<PendingActivity[]> =>
  Promise.all(
    (description.raw.pendingActivities ?? []).map(async (activity) => {
      const converter = client.options.loadedDataConverter;
      const details = activity.heartbeatDetails?.payloads;
      const [heartbeat] = await decodeArrayFromPayloads(converter, details);
      const failure = await decodeOptionalFailureToOptionalError(converter, activity.lastFailure);
      return {
        type: activity.activityType?.name ?? 'unknown',
        attempt: activity.attempt ?? 1,
        lastFailure: failure?.message ?? null,
        batch: isHeartbeat(heartbeat) ? heartbeat : null,
      };
    }),
  );
