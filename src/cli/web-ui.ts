/** Addresses in Temporal's Web UI. */
import type { ServerTarget } from '../server/address.js';

/** `: http://.../namespaces/default/workflows/ID` where the Web UI is known, else nothing. */
export const runUrl = ({ uiAddress, namespace }: ServerTarget, workflowId: string): string =>
  uiAddress === null
    ? ''
    : `: ${uiAddress}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
