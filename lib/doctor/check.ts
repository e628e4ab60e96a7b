/** What a check is, and what it finds. */
import type { Machine } from './machine.js';

/**
 * - 'ok': it is as it has to be.
 * - 'warn': everything works, but not as well as it could.
 * - 'fail': what this library is for does not work.
 * - 'skip': there is nothing to look at, or something before it failed.
 */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip';

/** A line for a shell that may be run unasked: what it changes is gone when the machine starts anew. */
export interface SafeStep {
  readonly safe: string;
}

/** A line for a shell begins with '$ ', others are sentences. */
export type Step = string | SafeStep;

export interface Finding {
  readonly status: CheckStatus;
  /** What there is, in words. */
  readonly seen: string;
  /** What to do about it, in order. */
  readonly next?: readonly Step[];
}

export interface Check {
  /** Names it for people and programs: 'timer-device'. */
  readonly id: string;
  /** Why it matters, in a sentence. */
  readonly why: string;
  /** Checks that must not have failed before. */
  readonly after?: readonly string[];
  run(machine: Machine): Finding | Promise<Finding>;
}

export const ok = (seen: string): Finding => ({ status: 'ok', seen });
export const warn = (seen: string, ...next: readonly Step[]): Finding => ({ status: 'warn', seen, next });
export const fail = (seen: string, ...next: readonly Step[]): Finding => ({ status: 'fail', seen, next });
export const skip = (seen: string): Finding => ({ status: 'skip', seen });

/** A line that people may paste. */
export const shell = (line: string): string => `$ ${line}`;
/** A line that the doctor may run. */
export const safely = (line: string): SafeStep => ({ safe: line });
