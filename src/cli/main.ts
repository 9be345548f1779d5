#!/usr/bin/env node
/**
 * Entry of the program. Commands that answer and end come from the bundle (scripts/bundle-program.mjs), which is there
 * in half the time; those that last load each package once, from its own folder, as the workers in them do.
 */
import { existsSync } from 'node:fs';

// What Node deprecates is for those who write programs: gRPC's library names IP addresses in TLS, and people would read of it.
process.noDeprecation = true;

const LASTING = ['up', 'worker', 'codec-server'];

const command = process.argv.slice(2).find((word) => !word.startsWith('-'));
const bundle = new URL('../program/program-main.js', import.meta.url);
await (command !== undefined && !LASTING.includes(command) && existsSync(bundle)
  ? import(bundle.href)
  : import('./program-main.js'));
