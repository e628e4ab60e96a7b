// Runs a piece of JavaScript in a Node of its own, with the built library and the addon at hand.
import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { addonPath } from './addon.js';

export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly uid?: number;
  readonly through?: readonly string[];
  /** Besides the environment of the tests. */
  readonly env?: NodeJS.ProcessEnv;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

const LOAD = `
import { createRequire } from 'node:module';
const alsa = await import(${JSON.stringify(pathToFileURL(`${root}dist/index.js`).href)});
const addon = createRequire(${JSON.stringify(`${root}package.json`)})(${JSON.stringify(addonPath)});
`;

const PRELUDE = `${LOAD}
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
/** What the open descriptors of this process point at, counted by target. */
const descriptors = () => {
  const counts = {};
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const target = readlinkSync('/proc/self/fd/' + fd);
      counts[target] = (counts[target] ?? 0) + 1;
    } catch {}
  }
  return counts;
};
/** Collects garbage, and lets finalizers run, until done() says so. */
const collect = async (done) => {
  for (let round = 0; round < 1000 && !done(); round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
};
/** A worker that runs code with alsa, addon and parentPort at hand. */
const startWorker = (code) => {
  const module = ${JSON.stringify(`${LOAD}import { parentPort } from 'node:worker_threads';\n`)} + code;
  return new Worker(new URL('data:text/javascript,' + encodeURIComponent(module)), { execArgv: [] });
};
`;

/**
 * The child ends by itself; `signal` is null unless it crashed. With `uid` it runs as that user and group, with `through` by
 * a command that gets Node's command line behind its own.
 */
export function runChild(
  code: string,
  flags: readonly string[] = [],
  { uid, through = [], env = {} }: ChildOptions = {},
): Promise<ChildResult> {
  return new Promise((resolve) => {
    // Another user may not reach a Node.js in somebody's home, but may start anew what it is.
    const node = uid === undefined ? process.execPath : '/proc/self/exe';
    const [command = '', ...args] = [...through, node, '--expose-gc', ...flags];
    const child = execFile(
      command,
      [...args, '--input-type=module', '--eval', PRELUDE + code],
      { cwd: root, env: { ...process.env, ...env }, ...(uid === undefined ? {} : { uid, gid: uid }) },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}
