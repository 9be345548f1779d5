// Messages and stacks of failures travel as a payload, which the codec encrypts with the rest.
// CommonJS: Temporal's SDK loads it with `require` on each side, and bundles it with the workflow.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- CommonJS, see above
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
