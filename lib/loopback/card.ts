/** LoopbackCard: a card of snd-aloop. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import {
  checkCardNumber,
  checkInteger,
  checkString,
  checkWait,
  typeError,
  type WaitOptions,
} from '../arguments.js';
import { checkMade, MADE } from '../construction.js';
import { AlsaError, systemError, withHint } from '../errors.js';
import { cardHolders, describeHolder, type SubstreamHolder } from '../pcm/holder.js';
import { fromFileSystem, listProc, procAsound, readProc } from '../proc.js';
import { shellLine } from '../shell-line.js';
import { userTimerSource } from '../timer/id.js';
import { checkTimerSource, userTimerIdOf } from '../timer/timer-source.js';
import { visibleText } from '../visible-text.js';
import { type CableState, parseCables } from './cable.js';
import { awaitNodes } from './card-nodes.js';
import { isLoopbackLoaded, type LoopbackCardOptions, loadModule, unloadModule } from './module.js';

/** `card->driver` of snd-aloop, in /proc/asound/cards. */
const DRIVER = 'Loopback';

/**
 * A card of snd-aloop: eight substreams with a cable in each direction, all clocked by what `timerSource` names at the
 * moment a cable is opened.
 *
 * @example
 * const card = LoopbackCard.find();
 * using timer = UserTimer.create({ rate: 48_000, periodFrames: 480 });
 * card.setTimerSource(timer);
 * console.log(card.number, card.timerSource()); // 0 -1.4.0
 */
export class LoopbackCard {
  /** The number of the card, 0..255. */
  readonly number: number;
  /** Its id, for instance 'Loopback'. */
  readonly id: string;

  private constructor(made: typeof MADE, number: number, id: string) {
    checkMade(made, 'LoopbackCard.find()');
    this.number = number;
    this.id = id;
  }

  /**
   * The cards of snd-aloop, by number. Told by driver in /proc/asound/cards and by their cables, not by their names.
   *
   * @example
   * console.log(LoopbackCard.list().map(({ number, id }) => `${number}: ${id}`)); // [ '0: Loopback' ]
   */
  static list(): LoopbackCard[] {
    const text = readProc(join(procAsound(), 'cards')) ?? '';
    // " 0 [Loopback       ]: Loopback - Loopback", and a line with the long name.
    return [...text.matchAll(/^\s*(\d+) \[(.{15,}?)\]: (\S+) - /gm)]
      .filter(([, number, , driver]) => driver === DRIVER && existsSync(cardFile(Number(number), 'cable#0')))
      .map(([, number, id]) => new LoopbackCard(MADE, Number(number), (id as string).trim()));
  }

  /**
   * The loopback card with this number, 0..255, or id; the first one when it is left out.
   *
   * @throws TypeError, RangeError; AlsaError ERR_NO_LOOPBACK_CARD
   * @example
   * console.log(`${LoopbackCard.find('Loopback')}`); // loopback card 0 (Loopback)
   */
  static find(which?: number | string): LoopbackCard {
    if (typeof which === 'number') checkCardNumber('which', which);
    else if (typeof which === 'string') checkString('which', which);
    else if (which !== undefined) throw typeError('which', 'a number or an id', which);
    const cards = LoopbackCard.list();
    const card = cards.find(({ number, id }) => which === undefined || which === number || which === id);
    if (card) return card;
    const others = cards.map(({ number, id }) => `${number} (${id})`).join(', ');
    throw new AlsaError(
      which === undefined ? 'There is no loopback card' : `There is no loopback card ${which}`,
      {
        code: 'ERR_NO_LOOPBACK_CARD',
        path: join(procAsound(), 'cards'),
        hint: others
          ? `These are loopback cards: ${others}.`
          : isLoopbackLoaded()
            ? 'snd-aloop is loaded but has no card: /proc/asound may be hidden in this container, or `enable` is 0.'
            : 'Load one: `sudo modprobe snd-aloop`, at each boot by a line `snd-aloop` in /etc/modules-load.d/snd-aloop.conf.',
      },
    );
  }

  /**
   * Loads snd-aloop (root only) with one card of these options, and waits for its device nodes. Where a signal ends the wait,
   * the module stays loaded.
   *
   * @throws TypeError, RangeError; AlsaError ERR_MODULE_LOADED, ERR_MODPROBE, ERR_NO_LOOPBACK_CARD, ERR_TIMEOUT; the reason of
   * `signal`
   * @example
   * const card = await LoopbackCard.load({ substreams: 2 });
   */
  static async load(options: LoopbackCardOptions = {}, wait: WaitOptions = {}): Promise<LoopbackCard> {
    const [card] = await LoopbackCard.loadAll([options], wait);
    return card as LoopbackCard;
  }

  /**
   * Like {@link LoopbackCard.load}, with 1..32 cards; they are returned in the order of their numbers.
   *
   * @throws what load() throws, ERR_INVALID_ARG_VALUE also for an index or an id that two cards are to have;
   * ERR_NO_LOOPBACK_CARD also where one did not become what it was to be, since another card of the system has its number
   * or its id. The module stays loaded then
   */
  static async loadAll(
    cards: readonly LoopbackCardOptions[],
    wait: WaitOptions = {},
  ): Promise<LoopbackCard[]> {
    const signal = checkWait('wait', wait);
    await loadModule(cards);
    const loaded = LoopbackCard.list();
    if (loaded.length === 0) LoopbackCard.find();
    checkLoaded(cards, loaded);
    await Promise.all(loaded.map((card) => awaitNodes(card, signal)));
    return loaded;
  }

  /**
   * Unloads snd-aloop with all its cards (root only).
   *
   * @throws AlsaError ERR_MODPROBE, saying who uses them
   */
  static async unload(): Promise<void> {
    const holders = LoopbackCard.list().flatMap((card) => card.holders());
    try {
      await unloadModule();
    } catch (error) {
      if (!(error instanceof AlsaError) || holders.length === 0) throw error;
      throw withHint(error, `Now ${holders.map(describeHolder).join('; ')}.`);
    }
  }

  /** Substreams of each of its two devices. */
  substreams(): number {
    return listProc(this.#file('pcm0p')).filter((name) => /^sub\d+$/.test(name)).length;
  }

  /**
   * What clocks the cables that are opened from now on: '' for jiffies, '-1.4.<id>' for a userspace-driven timer. Reads
   * /proc/asound/card<N>/timer_source.
   *
   * @throws AlsaError ENOENT once the card is gone, EACCES
   */
  timerSource(): string {
    return visibleText(readTimerSource(this.number));
  }

  /**
   * Points the card at a timer: writes /proc/asound/card<N>/timer_source, which the kernel applies when the file is
   * closed and without a word when it is wrong, so it is read back and compared. Cables that are open keep their timer;
   * those opened from now on get this one, which must exist by then.
   *
   * @param source a UserTimer, or a timer_source string: '-1.4.5' is userspace-driven timer 5, and '5' that of hw:5,0,0 playback
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   * @throws AlsaError EACCES without root, saying what an administrator would run; ENOENT once the card is gone;
   * ERR_TIMER_SOURCE when something else is read back
   */
  setTimerSource(source: { readonly timerSource: string } | string): void {
    applyTimerSource(this.number, checkTimerSource('source', source));
  }

  /** Back to the jiffies timer. */
  resetTimerSource(): void {
    this.setTimerSource('');
  }

  /** All cables: those of cable#0, then those of cable#1, by substream. */
  cables(): CableState[] {
    return [0, 1].flatMap((cable) => parseCables(readProc(this.#file(`cable#${cable}`)) ?? ''));
  }

  /**
   * The cable that playback on `device` feeds.
   *
   * @param device 0 or 1
   * @param substream 0..7
   * @throws TypeError, RangeError; AlsaError ENOENT once the card is gone
   * @example
   * using loop = await ClockedLoopback.open({ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 });
   * const { playback, capture } = loop.card.cable(0, 0);
   * console.log(playback?.periodFrames, capture); // 480 undefined
   */
  cable(device: number, substream: number): CableState {
    checkInteger('device', device, 0, 1);
    checkInteger('substream', substream, 0, 7);
    const path = this.#file(`cable#${device}`);
    const found = parseCables(readProc(path) ?? '').find((cable) => cable.substream === substream);
    if (!found) throw systemError(constants.errno.ENOENT, 'open', path, 'The card was unloaded.');
    return found;
  }

  /** Who has its substreams open. */
  holders(): SubstreamHolder[] {
    return cardHolders(this.number);
  }

  toString(): string {
    return `loopback card ${this.number} (${this.id})`;
  }

  #file(name: string): string {
    return cardFile(this.number, name);
  }
}

/** The timer_source of a card as it is, which may be anything that somebody has written. */
export function readTimerSource(number: number): string {
  const path = cardFile(number, 'timer_source');
  try {
    return readFileSync(path, 'latin1').trim();
  } catch (error) {
    throw fromFileSystem(error, path, 'The card was unloaded, or /proc/asound is hidden in this container.');
  }
}

/** Sets a timer_source as it is, which {@link LoopbackCard.setTimerSource} would refuse perhaps. */
export function writeTimerSource(number: number, source: string): void {
  writeFileSync(cardFile(number, 'timer_source'), `${source}\n`, 'latin1');
}

/** The same, read back and compared, with the errors of {@link LoopbackCard.setTimerSource}. */
export function applyTimerSource(number: number, wanted: string): void {
  const path = cardFile(number, 'timer_source');
  if (readTimerSource(number) === wanted) return;
  try {
    writeTimerSource(number, wanted);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
    throw fromFileSystem(error, path, denied ? permissionHint(wanted, path) : undefined);
  }
  const found = readTimerSource(number);
  if (found === wanted) return;
  const [now, then] = [visibleText(found), wanted].map((source) => JSON.stringify(source));
  throw new AlsaError(`timer_source is ${now} after ${then} was set`, {
    code: 'ERR_TIMER_SOURCE',
    path,
    hint: 'Somebody else has set it at the same moment: one program at a time can point a card at its timer.',
  });
}

function cardFile(number: number, name: string): string {
  return join(procAsound(), `card${number}`, name);
}

/** Where it cannot have a number, the kernel leaves a card out, and where it cannot have an id, it gives another one. */
function checkLoaded(wanted: readonly LoopbackCardOptions[], loaded: readonly LoopbackCard[]): void {
  // In the kernel's order: one without an index has the lowest number that was free.
  const left = [...loaded];
  for (const { index, id } of wanted) {
    const found = left.findIndex(
      (card) => (index ?? card.number) === card.number && (id ?? card.id) === card.id,
    );
    if (found >= 0) {
      left.splice(found, 1);
      continue;
    }
    const name = `${index === undefined ? 'a card' : `card ${index}`}${id === undefined ? '' : ` (${id})`}`;
    throw new AlsaError(`snd-aloop is loaded, but without ${name}`, {
      code: 'ERR_NO_LOOPBACK_CARD',
      path: join(procAsound(), 'cards'),
      hint:
        `It has made: ${loaded.map(({ number, id }) => `${number} (${id})`).join(', ')}. Another card has the number or the ` +
        'id: `cat /proc/asound/cards` shows all. Choose others, and unload the module first.',
    });
  }
}

function permissionHint(wanted: string, path: string): string {
  const id = userTimerIdOf(wanted);
  // Without what may precede it, and the kernel ignores.
  const source = id === undefined ? wanted : userTimerSource(id);
  const fixed =
    id === undefined
      ? ''
      : ` Or once and for all: a line "options snd-aloop timer_source=${source}" in /etc/modprobe.d/snd-aloop.conf, ` +
        `and programs hold that timer: ClockedLoopback.open({ ..., timerId: ${id} }), or UserTimer.create({ ..., id: ${id} }), on a command line --timer ${id}.`;
  return `Only root may change it. Have an administrator run: ${shellLine('echo', source)} | ${shellLine('sudo', 'tee', path)}.${fixed}`;
}
