/** Access modes: how the samples of a frame lie in the buffers of a substream. */

/** SNDRV_PCM_ACCESS_RW_*. */
const ACCESSES = { interleaved: 3, noninterleaved: 4 } as const;

/**
 * How a substream keeps its samples: frame by frame, or each channel by itself. The two ends of a cable of snd-aloop must
 * agree in it. The bytes that are written and read are interleaved frames in either.
 *
 * @useDeclaredType
 */
export type PcmAccess = keyof typeof ACCESSES;

export const PCM_ACCESSES = Object.freeze(Object.keys(ACCESSES)) as readonly PcmAccess[];

/** The SNDRV_PCM_ACCESS_* number of an access. */
export function accessNumber(access: PcmAccess): number {
  return ACCESSES[access];
}

/** SNDRV_PCM_ACCESS_MMAP_*, which snd-aloop tells from RW_* by nothing. */
const MAPPED = ['interleaved', 'noninterleaved', 'complex'];

/** The name of SNDRV_PCM_ACCESS_* number `number`, or the number itself as text. */
export function accessName(number: number): string {
  const access = PCM_ACCESSES.find((name) => ACCESSES[name] === number) ?? MAPPED[number];
  return access ?? `access ${number}`;
}

/**
 * What `hw_params` in /proc/asound calls an access, 'MMAP_NONINTERLEAVED' for instance. A complex one counts as
 * non-interleaved, as it does for snd-aloop (sound/drivers/aloop.c: is_access_interleaved).
 */
export function parseAccess(text: string): PcmAccess {
  return /(^|_)INTERLEAVED$/.test(text) ? 'interleaved' : 'noninterleaved';
}
