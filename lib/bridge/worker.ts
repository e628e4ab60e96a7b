/** The thread of a bridge: it owns the socket and the cable, and nothing that the main thread does delays a frame. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ClockedLoopback } from '../loopback/clocked-loopback.js';
import { RtpReceiver } from '../rtp/receiver.js';
import { DEFAULT_RECEIVE_BUFFER_BYTES } from '../rtp/receiver-options.js';
import { CoveredGaps } from './covered-gaps.js';
import { transferError } from './error-transfer.js';
import type { BridgeStats } from './events.js';
import type { BridgeInfo, ToThread } from './messages.js';
import type { BridgeConfiguration } from './options.js';
import { DirectOutlet, HoldingOutlet, type Outlet } from './outlet.js';
import { Reporter } from './reporter.js';

const port = parentPort as MessagePort;
const reporter = new Reporter(port);

try {
  await bridge(workerData as BridgeConfiguration);
} catch (error) {
  reporter.post({ kind: 'failed', error: transferError(error) });
}
port.close();

async function bridge(configuration: BridgeConfiguration): Promise<void> {
  const { unheard, maxWaitingFrames, statsMs } = configuration;
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
  const outlet: Outlet =
    unheard === 'wait' ? new HoldingOutlet(loop, maxWaitingFrames, stop) : new DirectOutlet(loop);
  const gaps =
    configuration.loopback.idle === 'silence' ? new CoveredGaps(loop, outlet, unheard === 'wait') : undefined;
  await using receiver = await RtpReceiver.open({ ...configuration.receiver, sink: gaps ?? outlet });

  const stats = (): BridgeStats => ({
    receiver: receiver.stats(),
    loopback: loop.stats(),
    framesWaiting: outlet.framesWaiting,
    framesDropped: outlet.framesDropped,
    framesCovered: gaps?.framesCovered ?? 0,
    eventsDropped: reporter.dropped,
  });
  receiver.on('stream', (event) => {
    gaps?.begin();
    reporter.tell({ type: 'stream', ...event });
  });
  receiver.on('loss', (event) => reporter.tell({ type: 'loss', ...event }));
  receiver.on('discontinuity', (event) => reporter.tell({ type: 'discontinuity', ...event }));
  receiver.on('refusal', (event) => reporter.tell({ type: 'refusal', ...event }));
  receiver.on('contradiction', (event) => reporter.tell({ type: 'contradiction', ...event }));
  receiver.on('silence', () => reporter.tell({ type: 'silence' }));
  receiver.on('error', stop);
  loop.on('listener', ({ type, holder }) => {
    if (unheard === 'wait' && type === 'start') gaps?.begin();
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
    if (!receiver.closed) receiver.flush();
    receiver.close();
    await outlet.finish();
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
  const receiveBufferBytes = { given: receiver.stats().receiveBufferBytes, asked };
  return {
    ...{ address, port, receiveBufferBytes },
    ...{ card: card.number, device, substream, listenerName, format, rate, channels, periodFrames, access },
    timerId,
  };
}
