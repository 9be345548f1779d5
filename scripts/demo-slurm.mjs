// `npm run demo:slurm`: the demo on a SLURM cluster that is started for it.
process.argv.splice(2, 0, '--slurm');
await import('./demo.mjs');
