/** Loading and unloading snd-aloop: the one thing here that changes the machine, and needs root. */
import { existsSync } from 'node:fs';
import {
  checkBoolean,
  checkCardNumber,
  checkInteger,
  checkOptions,
  checkString,
  type OptionNames,
  valueError,
} from '../arguments.js';
import { AlsaError } from '../errors.js';
import { checkTimerSource } from '../timer/timer-source.js';
import { runKmod } from './kmod.js';

/** One card of the module; each field is a module parameter. `enable` is not among them: cards that are listed are wanted. */
export interface LoopbackCardOptions {
  /** The number of the card, 0..255; the first free one when it is left out. Most kernels have 32 (CONFIG_SND_MAX_CARDS). */
  readonly index?: number;
  /** The id of the card: 1..15 letters, digits, '_' or '-'; 'Loopback' when it is left out. */
  readonly id?: string;
  /** Substreams of each device, 1..8; 8 when it is left out. */
  readonly substreams?: number;
  /** `pcm_notify`: break the cable when the playback changes its format. false when it is left out. */
  readonly notify?: boolean;
  /**
   * A UserTimer, or a timer_source string: '-1.4.5', which userTimerSource(5) writes, is userspace-driven timer 5. Numbers that
   * are left out are 0, so '5' is the timer of hw:5,0,0 playback. (`utimer loopback` takes a number alone for a
   * userspace-driven timer.) The jiffies timer when it is left out. It can be changed later.
   */
  readonly timerSource?: { readonly timerSource: string } | string;
}

const CARD_OPTIONS: OptionNames<LoopbackCardOptions> = {
  index: true,
  id: true,
  substreams: true,
  notify: true,
  timerSource: true,
};

const MODULE = 'snd-aloop';
const SYSFS = '/sys/module/snd_aloop';
/** SNDRV_CARDS: the length of the module's parameter arrays. */
const MAX_CARDS = 32;

/** Whether snd-aloop is loaded (or built in). */
export function isLoopbackLoaded(): boolean {
  return existsSync(SYSFS);
}

/**
 * The parameters of `modprobe snd-aloop` for these cards.
 *
 * @throws TypeError, RangeError
 * @example
 * moduleParameters([{ index: 5, timerSource: '-1.4.0' }]);
 * // ['enable=1', 'index=5', 'pcm_substreams=8', 'pcm_notify=0', 'timer_source=-1.4.0']
 */
export function moduleParameters(cards: readonly LoopbackCardOptions[]): string[] {
  if (!Array.isArray(cards) || cards.length === 0 || cards.length > MAX_CARDS) {
    throw valueError('cards', `1..${MAX_CARDS} cards`, cards);
  }
  const checked = cards.map((card) => {
    const {
      index,
      id,
      substreams = 8,
      notify = false,
      timerSource = '',
    } = checkOptions('card', card, CARD_OPTIONS);
    if (id !== undefined && !/^[\w-]{1,15}$/.test(checkString('id', id))) {
      throw valueError('id', "1..15 letters, digits, '_' or '-'", id);
    }
    return {
      index: index === undefined ? -1 : checkCardNumber('index', index),
      id: id ?? '',
      substreams: checkInteger('substreams', substreams, 1, 8),
      notify: checkBoolean('notify', notify),
      // In a list of strings a comma would begin the next card; dots mean the same.
      timerSource: checkTimerSource('timerSource', timerSource).replaceAll(',', '.'),
    };
  });
  for (const name of ['index', 'id'] as const) {
    const values = cards.map((card) => card[name]).filter((value) => value !== undefined);
    if (new Set(values).size < values.length)
      throw valueError('cards', `cards that differ in ${name}`, cards);
  }
  const list = (name: string, values: readonly (string | number)[]) => `${name}=${values.join(',')}`;
  const given = (name: string, values: readonly string[]) =>
    values.some((value) => value !== '') ? [list(name, values)] : [];
  return [
    list(
      'enable',
      checked.map(() => 1),
    ),
    ...(checked.some(({ index }) => index >= 0)
      ? [
          list(
            'index',
            checked.map(({ index }) => index),
          ),
        ]
      : []),
    ...given(
      'id',
      checked.map(({ id }) => id),
    ),
    list(
      'pcm_substreams',
      checked.map(({ substreams }) => substreams),
    ),
    list(
      'pcm_notify',
      checked.map(({ notify }) => (notify ? 1 : 0)),
    ),
    ...given(
      'timer_source',
      checked.map(({ timerSource }) => timerSource),
    ),
  ];
}

/**
 * Loads snd-aloop: modprobe snd-aloop with a list for each parameter.
 *
 * @throws TypeError, RangeError; AlsaError ERR_MODULE_LOADED where it is loaded already (its parameters could not be
 * applied), ERR_MODPROBE with what modprobe said and what an administrator would run
 */
export async function loadModule(cards: readonly LoopbackCardOptions[]): Promise<void> {
  const parameters = moduleParameters(cards);
  if (isLoopbackLoaded()) {
    throw new AlsaError('snd-aloop is loaded already, and its parameters cannot be changed now', {
      code: 'ERR_MODULE_LOADED',
      path: SYSFS,
      hint: 'Use its cards as they are (LoopbackCard.find()), or unload it first: `rmmod snd_aloop`.',
    });
  }
  await runKmod('modprobe', [MODULE, ...parameters]);
}

/**
 * Unloads snd-aloop: rmmod snd_aloop. Not `modprobe -r`, which would also take away snd-timer when nothing else seems to
 * use it: userspace-driven timers do not count as users, and would be left without code.
 *
 * @throws AlsaError ERR_MODPROBE, for instance while a card is in use
 */
export async function unloadModule(): Promise<void> {
  if (isLoopbackLoaded()) await runKmod('rmmod', ['snd_aloop']);
}
