/** What `utimer loopback` does with loopback cards; each resolves with its exit code. */
import { LoopbackCard } from '../../loopback/card.js';
import { isLoopbackLoaded, type LoopbackCardOptions, moduleParameters } from '../../loopback/module.js';
import { shellLine } from '../../shell-line.js';
import type { Io } from '../output/io.js';
import { print } from '../output/printing.js';
import { cardJson, cardLine, cardText } from './card-text.js';

export async function loadCard(options: LoopbackCardOptions, printOnly: boolean, io: Io): Promise<number> {
  const line = printOnly
    ? shellLine('modprobe', 'snd-aloop', ...moduleParameters([options]))
    : cardLine(await LoopbackCard.load(options));
  await print(io, line);
  return 0;
}

export async function pointCard(
  which: number | string | undefined,
  timerSource: string,
  io: Io,
): Promise<number> {
  const card = LoopbackCard.find(which);
  card.setTimerSource(timerSource);
  await print(io, cardLine(card));
  return 0;
}

export async function showCards(
  which: number | string | undefined,
  asJson: boolean,
  io: Io,
): Promise<number> {
  const cards = which === undefined ? LoopbackCard.list() : [LoopbackCard.find(which)];
  const none = 'There is no loopback card: sudo modprobe snd-aloop';
  await print(io, asJson ? cardJson(cards) : cards.map(cardText).join('\n') || none);
  return 0;
}

export async function unloadCards(io: Io): Promise<number> {
  const wasLoaded = isLoopbackLoaded();
  await LoopbackCard.unload();
  await print(io, wasLoaded ? 'snd-aloop is unloaded' : 'snd-aloop was not loaded');
  return 0;
}
