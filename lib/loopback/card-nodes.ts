/** The device nodes of a card that was loaded, which come after it. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { controlDevice, pcmDevice } from '../device-nodes.js';
import { AlsaError } from '../errors.js';
import type { LoopbackCard } from './card.js';

/** How long a device node may take to appear after its card, ms. devtmpfs makes it with the card, other set-ups later. */
const NODE_TIMEOUT = 5_000;

/**
 * Waits for the nodes of both devices in /dev/snd.
 *
 * @throws AlsaError ERR_TIMEOUT; the reason of `signal`
 */
export async function awaitNodes(card: LoopbackCard, signal: AbortSignal | undefined): Promise<void> {
  const nodes = [0, 1].flatMap((device) =>
    (['playback', 'capture'] as const).map((direction) => pcmDevice(card.number, device, direction)),
  );
  nodes.push(controlDevice(card.number));
  const missing = () => nodes.filter((node) => !existsSync(node));
  signal?.throwIfAborted();
  if (missing().length === 0) return;
  let abort = () => {};
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const check = () => {
        if (missing().length === 0) resolve();
      };
      timer = setTimeout(() => {
        const what = `${missing().join(', ')} did not appear within ${NODE_TIMEOUT} ms after ${card} was loaded`;
        const hint = 'Does udev or devtmpfs run here, and does this container have /dev/snd of its host?';
        reject(new AlsaError(what, { code: 'ERR_TIMEOUT', hint }));
      }, NODE_TIMEOUT);
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      watcher = watch(existsSync('/dev/snd') ? '/dev/snd' : '/dev', check);
      check();
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    clearTimeout(timer);
    watcher?.close();
  }
}
