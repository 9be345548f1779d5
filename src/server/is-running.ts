import { isGrpcServiceError, type Connection } from '@temporalio/client';

/** gRPC's status code. */
const NOT_FOUND = 5;

/** `temporal.api.enums.v1.WorkflowExecutionStatus`: running; paused by hand in newer servers. */
const ALIVE = [1, 8];

/** Whether the server has a run of this id that has not ended; one that it does not know has. */
export const isRunning = async (
  { workflowService }: Pick<Connection, 'workflowService'>,
  namespace: string,
  workflowId: string,
): Promise<boolean> => {
  try {
    const { workflowExecutionInfo } = await workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId },
    });
    return ALIVE.includes(workflowExecutionInfo?.status ?? 0);
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return false;
    throw error;
  }
};
