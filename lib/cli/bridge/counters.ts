/** The counters of a bridge in words. */
import type { BridgeStats } from '../../bridge/events.js';
import type { BridgeInfo } from '../../bridge/messages.js';
import { frameBytes } from '../../pcm/format.js';
import type { PlayoutStats } from '../../rtp/playout/events.js';

/** How well a clock plays the stream. */
function playing({ marginMs, state, periodsMissed }: PlayoutStats): string[] {
  return [
    marginMs === undefined ? 'margin -' : `margin ${marginMs.toFixed(1)} ms`,
    state,
    ...(periodsMissed > 0 ? [`missed ${periodsMissed}`] : []),
  ];
}

/** The counters in words, the most important ones first: a terminal of 80 columns has room for six. */
export function summary(
  { receiver, loopback, framesWaiting, framesDropped }: BridgeStats,
  info: BridgeInfo,
): string[] {
  const { senderPpm } = receiver;
  const { padding, 'payload-type': type, size, source, truncated, version, clock } = receiver.packetsRejected;
  const refused = padding + type + size + source + truncated + version + clock;
  const { packetsStray, datagramsFiltered, datagramsDropped = 0, framesCut, framesSkipped } = receiver;
  const { playout } = receiver;
  const pendingFrames = Math.floor(loopback.pendingBytes / frameBytes(info.format, info.channels));
  return [
    senderPpm === undefined ? 'ppm -' : `ppm ${senderPpm >= 0 ? '+' : ''}${senderPpm.toFixed(1)}`,
    `buf ${receiver.framesWaiting + framesWaiting + pendingFrames}`,
    `lost ${receiver.framesLost}`,
    `late ${receiver.packetsLate}`,
    ...(playout ? playing(playout) : []),
    `periods ${loopback.periods}`,
    loopback.listener ? 'listener' : 'no listener',
    ...(refused > 0 ? [`refused ${refused}`] : []),
    ...(datagramsFiltered > 0 ? [`filtered ${datagramsFiltered}`] : []),
    ...(packetsStray > 0 ? [`stray ${packetsStray}`] : []),
    ...(datagramsDropped > 0 ? [`lost here ${datagramsDropped}`] : []),
    ...(framesCut > 0 ? [`cut ${framesCut}`] : []),
    ...(framesSkipped > 0 ? [`left out ${framesSkipped}`] : []),
    ...(framesDropped > 0 ? [`dropped ${framesDropped}`] : []),
    ...(loopback.insertedFrames > 0 ? [`inserted ${loopback.insertedFrames}`] : []),
    ...(loopback.xruns > 0 ? [`xruns ${loopback.xruns}`] : []),
    `packets ${receiver.packets}`,
  ];
}
