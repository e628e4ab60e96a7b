// Runs a command that uses this machine's loopback card, and leaves the machine as it was, however the command ends: snd-aloop
// loaded or not, each card's timer_source, net.core.rmem_max.   node scripts/lib/restoring.mjs COMMAND [ARGUMENT...]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopbackLoaded, LoopbackCard } from '../../dist/loopback/index.js';

const SOCKET_LIMIT = '/proc/sys/net/core/rmem_max';
/** How long a command may take to end by itself once a signal came, and its processes once they were killed. */
const PATIENCE_MS = 10_000;

const before = {
  loaded: isLoopbackLoaded(),
  sources: LoopbackCard.list().map((card) => ({ number: card.number, source: card.timerSource() })),
  socketLimit: readFileSync(SOCKET_LIMIT, 'latin1'),
};

const [command, ...words] = process.argv.slice(2);
// A process group of its own: what the command started ends with it.
const child = spawn(command, words, { stdio: 'inherit', detached: true });

/**
 * Sends a signal to the command and all that it started; false when nothing of that is left.
 *
 * @param {NodeJS.Signals} signal
 */
function signalGroup(signal) {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, signal);
    return true;
  } catch {
    return false;
  }
}

for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(name, () => {
    signalGroup(name);
    setTimeout(() => signalGroup('SIGKILL'), PATIENCE_MS).unref();
  });
}

async function restore() {
  const late = Date.now() + PATIENCE_MS;
  while (signalGroup('SIGKILL')) {
    if (Date.now() > late) throw new Error(`processes of ${command} did not end when they were killed`);
    await sleep(10);
  }
  if (readFileSync(SOCKET_LIMIT, 'latin1') !== before.socketLimit) {
    writeFileSync(SOCKET_LIMIT, before.socketLimit);
  }
  if (!before.loaded) await LoopbackCard.unload();
  for (const { number, source } of before.sources) {
    const card = LoopbackCard.find(number);
    if (card.timerSource() === source) continue;
    if (source === '') card.resetTimerSource();
    else card.setTimerSource(source);
  }
}

let status = 1;
try {
  const [code, signal] = await once(child, 'close');
  status = code ?? 128 + constants.signals[signal];
} catch (error) {
  console.error(`${command} could not be started: ${error.message}`);
}
try {
  await restore();
} catch (error) {
  console.error(`this machine is not as it was before ${command}: ${error.message}`);
  status ||= 1;
}
process.exitCode = status;
