// The demo itself, in two acts. Needs root, userspace-driven timers and snd-aloop; scripts/demo arranges that.
//   main.mjs [--realtime] [--seconds S] [--results FILE] RECORDING
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { UserTimer } from '../../dist/index.js';
import { compareClocks } from './clocks.mjs';
import { playExactly } from './exact.mjs';
import { readWav } from './wav.mjs';

const DEFAULT_RECORDING = '/usr/share/sounds/alsa/Front_Center.wav';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    realtime: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '30' },
    results: { type: 'string' },
  },
});

try {
  process.exitCode = 1;
  if (!UserTimer.isSupported()) {
    throw new Error('this kernel has no userspace-driven timers; run it without --host');
  }
  const path = positionals[0] ?? DEFAULT_RECORDING;
  const wav = await readWav(path);
  console.log(`Act 1: ${basename(path)} through a clocked cable, compared sample for sample`);
  const exact = await playExactly(wav, values.realtime);
  console.log(
    '\nAct 2: a stream whose sender has another clock, into a cable with jiffies and into a clocked one',
  );
  const drift = await compareClocks(wav, Number(values.seconds));
  if (values.results && drift.picture) writeFileSync(values.results, JSON.stringify(drift.picture));
  if (exact && drift.exact) process.exitCode = 0;
} catch (error) {
  console.error(`demo: ${error.message}`);
}
