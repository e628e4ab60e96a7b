/** The thread of a bridge: it owns the socket and the cable, and nothing that the main thread does delays a frame. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ClockedLoopback } from '../loopback/clocked-loopback.js';
import { RtpReceiver } from '../rtp/receiver.js';
import { DEFAULT_RECEIVE_BUFFER_BYTES } from '../rtp/receiver-options.js';
import { deliveryTo } from './delivery.js';
import { transferError } from './error-transfer.js';
import type { BridgeStats } from './events.js';
import type { BridgeInfo, ToThread } from './messages.js';
import type { BridgeConfiguration } from './options.js';
import { Reporter } from './reporter.js';

/** By how much frames may be ahead of the clock that plays them: at the end they have so long, and the link offset. */
const AHEAD_MS = 1_000;

const port = parentPort as MessagePort;
const reporter = new Reporter(port);

try {
  await bridge(workerData as BridgeConfiguration);
} catch (error) {
  reporter.post({ kind: 'failed', error: transferError(error) });
}
// Not close(), which Deno lacks: nothing else keeps the thread.
port.unref();

async function bridge(configuration: BridgeConfiguration): Promise<void> {
  const { statsMs } = configuration;
  let failure: unknown;
  // Also before the cable is open, which may have to wait.
  const stopping = new AbortController();
  const stopped = once(stopping.signal, 'abort');
  const stop = (error?: unknown) => {
    // Also what fails while it stops.
    failure ??= error;
    stopping.abort();
  };
  let answer = (): void => {};
  port.on('message', ({ kind }: ToThread) => {
    if (kind === 'acknowledge') reporter.acknowledge();
    else if (kind === 'sample') answer();
    else stop();
  });
  // The cable first: a listener may open it before the first packet comes.
  using loop = await ClockedLoopback.open({ ...configuration.loopback, signal: stopping.signal });
  const delivery = deliveryTo(loop, configuration, stop);
  await using receiver = await RtpReceiver.open({ ...configuration.receiver, sink: delivery.sink });

  const stats = (): BridgeStats => ({
    receiver: receiver.stats(),
    loopback: loop.stats(),
    ...delivery.stats(),
    eventsDropped: reporter.dropped,
  });
  receiver.on('stream', (event) => {
    delivery.begin();
    reporter.tell({ type: 'stream', ...event });
  });
  receiver.on('loss', (event) => reporter.tell({ type: 'loss', ...event }));
  receiver.on('discontinuity', (event) => reporter.tell({ type: 'discontinuity', ...event }));
  receiver.on('refusal', (event) => reporter.tell({ type: 'refusal', ...event }));
  receiver.on('contradiction', (event) => reporter.tell({ type: 'contradiction', ...event }));
  receiver.on('clock', (event) => reporter.tell({ type: 'clock', ...event }));
  receiver.on('silence', () => {
    reporter.tell({ type: 'silence' });
    try {
      delivery.fallSilent();
    } catch (error) {
      stop(error);
    }
  });
  receiver.on('error', stop);
  loop.on('listener', ({ type, holder }) => {
    if (type === 'start') delivery.hear();
    reporter.tell({ type: 'listener', running: type === 'start', holder });
  });
  loop.on('mismatch', (event) => reporter.tell({ type: 'mismatch', ...event }));
  loop.on('error', stop);
  const telling =
    statsMs > 0 ? setInterval(() => reporter.tell({ type: 'stats', ...stats() }), statsMs) : undefined;
  answer = () => reporter.post({ kind: 'sample', stats: stats() });
  reporter.post({ kind: 'open', info: describe(configuration, receiver, loop), stats: stats() });

  await stopped;
  clearInterval(telling);
  try {
    if (!receiver.closed) {
      receiver.flush();
      const { linkOffsetMs = 0 } = receiver.stats().playout ?? {};
      await receiver.drain({ signal: AbortSignal.timeout(AHEAD_MS + Math.ceil(linkOffsetMs)) });
    }
    receiver.close();
    await delivery.finish();
    if (!failure) loop.flush();
  } catch (error) {
    failure ??= error;
  }
  reporter.flush();
  const error = failure === undefined ? undefined : transferError(failure);
  reporter.post({ kind: 'closed', stats: stats(), error });
}

function describe(
  { receiver: { receiveBufferBytes: asked = DEFAULT_RECEIVE_BUFFER_BYTES } }: BridgeConfiguration,
  receiver: RtpReceiver,
  loop: ClockedLoopback,
): BridgeInfo {
  const { address, port } = receiver;
  const { card, device, substream, listenerName, timerId, parameters } = loop;
  const { format, rate, channels, periodFrames, access } = parameters;
  const { receiveBufferBytes: givenBytes, playout } = receiver.stats();
  const receiveBufferBytes = { given: givenBytes, asked };
  return {
    ...{ address, port, receiveBufferBytes },
    ...{ card: card.number, device, substream, listenerName, format, rate, channels, periodFrames, access },
    timerId,
    clock: playout?.clock ?? 'packets',
    linkOffsetMs: playout?.linkOffsetMs,
  };
}
