/** The workflows that a workflow worker runs; all exports are workflow types. */
export { processWorkflow } from './process-workflow.js';
export { readRunFile, writeRunFile } from './run-files.js';
