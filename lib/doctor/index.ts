/** alsa-utimer/doctor: what a machine lacks, and how to get it. */
export type { CheckStatus } from './check.js';
export { type CheckResult, diagnose } from './diagnose.js';
