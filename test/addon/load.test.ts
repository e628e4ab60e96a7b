// The addon is found without asking anything that may take long: name servers, or other threads.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const library = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href;

// The worker's cat ends when this test closes standard input, which it does once the addon is loaded.
const PROGRAM = `
import dgram from 'node:dgram';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
process.report.getReport = () => { throw new Error('the report was asked for'); };
const socket = dgram.createSocket('udp4');
socket.connect(9, '127.0.0.1');
await once(socket, 'connect');
const busy = \`
  const { parentPort } = require('node:worker_threads');
  const { execFileSync } = require('node:child_process');
  const { writeSync } = require('node:fs');
  // The runtime of a sanitizer is not for every program.
  const env = { ...process.env, LD_PRELOAD: '' };
  execFileSync('sh', ['-c', 'echo busy; cat >/dev/null'], { stdio: 'inherit', env });
  writeSync(1, 'idle\\\\n');\`;
const worker = new Worker(busy, { eval: true, execArgv: [] });
const over = once(worker, 'exit');
// The worker has said that it is busy before this thread goes on: its shell is the test's to see.
await once(process, 'SIGUSR2');
const { UserTimer } = await import(${JSON.stringify(library)});
try { UserTimer.create({ resolutionNs: 1n }).close(); } catch (error) { if (error.syscall === undefined) throw error; }
writeSync(1, 'loaded\\n');
await over;
socket.close();
`;

it('is loaded beside a connected socket and a worker that waits for a program, without waiting for either', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], { stdio: 'pipe' });
  let said = '';
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints += text;
    child.stdin.end(); // or a child that failed would wait for its worker
  });
  const closed = once(child, 'close');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const before = said;
    said += text;
    if (!before.includes('busy\n') && said.includes('busy\n')) child.kill('SIGUSR2');
    if (said.includes('loaded\n')) child.stdin.end();
  });
  const [status] = await closed;
  expect({ status, said, complaints }).toEqual({ status: 0, said: 'busy\nloaded\nidle\n', complaints: '' });
});
