/** Loopback cards as text: in a line, with their cables, or as JSON. */
import type { CableSide } from '../../loopback/cable.js';
import type { LoopbackCard } from '../../loopback/card.js';

export function cardLine(card: LoopbackCard): string {
  return `${card}: timer_source ${card.timerSource() || 'jiffies'}`;
}

/** A card with its open cables, and who holds them. */
export function cardText(card: LoopbackCard): string {
  const lines = [`${cardLine(card)}, ${card.substreams()} substreams`];
  for (const { cable, substream, playback, capture, timer } of card.cables()) {
    if (!playback && !capture) continue;
    const clock = timer ? `${timer.card}.${timer.device}.${timer.subdevice}` : 'jiffies';
    lines.push(`    cable ${cable}, substream ${substream}: clocked by ${clock}`);
    if (playback) lines.push(streamText('playback', playback));
    if (capture) lines.push(streamText('capture', capture));
  }
  for (const { name, direction, pid, command, state } of card.holders())
    lines.push(`    ${direction} ${name}: process ${pid} (${command}), ${state}`);
  return lines.join('\n');
}

function streamText(name: string, stream: CableSide): string {
  const { running, paused, valid, rate, frameBytes, periodFrames, bufferFrames } = stream;
  const state = paused ? 'paused' : running ? 'running' : valid ? 'prepared' : 'open';
  const sizes = rate
    ? `, ${rate} Hz, ${frameBytes} bytes a frame, ${periodFrames} frames a period, ${bufferFrames} a buffer`
    : '';
  return `      ${name}: ${state}${sizes}`;
}

export function cardJson(cards: readonly LoopbackCard[]): string {
  const everything = cards.map((card) => ({
    number: card.number,
    id: card.id,
    timerSource: card.timerSource(),
    substreams: card.substreams(),
    cables: card.cables(),
    holders: card.holders(),
  }));
  return JSON.stringify(everything, undefined, 2);
}
