/** Sample formats: the ones that snd-aloop carries, with what the library must know of each. */

interface SampleFormat {
  /** SNDRV_PCM_FORMAT_*. */
  readonly number: number;
  /** Bytes of one sample of one channel. */
  readonly bytes: number;
  /** The byte that silence is made of. */
  readonly silence: number;
}

/** DSD has no zero; 0x69 alternates evenly. */
const DSD_SILENCE = 0x69;

const FORMATS = {
  S16_LE: { number: 2, bytes: 2, silence: 0 },
  S16_BE: { number: 3, bytes: 2, silence: 0 },
  S24_LE: { number: 6, bytes: 4, silence: 0 },
  S24_BE: { number: 7, bytes: 4, silence: 0 },
  S32_LE: { number: 10, bytes: 4, silence: 0 },
  S32_BE: { number: 11, bytes: 4, silence: 0 },
  FLOAT_LE: { number: 14, bytes: 4, silence: 0 },
  FLOAT_BE: { number: 15, bytes: 4, silence: 0 },
  S24_3LE: { number: 32, bytes: 3, silence: 0 },
  S24_3BE: { number: 33, bytes: 3, silence: 0 },
  DSD_U8: { number: 48, bytes: 1, silence: DSD_SILENCE },
  DSD_U16_LE: { number: 49, bytes: 2, silence: DSD_SILENCE },
  DSD_U32_LE: { number: 50, bytes: 4, silence: DSD_SILENCE },
  DSD_U16_BE: { number: 51, bytes: 2, silence: DSD_SILENCE },
  DSD_U32_BE: { number: 52, bytes: 4, silence: DSD_SILENCE },
} as const satisfies Record<string, SampleFormat>;

/**
 * A sample format by ALSA's own name, for instance 'S16_LE' or 'S24_3LE' (24 bits in three bytes).
 *
 * @useDeclaredType
 */
export type PcmFormat = keyof typeof FORMATS;

/** Every format that snd-aloop carries. */
export const PCM_FORMATS = Object.freeze(Object.keys(FORMATS)) as readonly PcmFormat[];

/** What the library knows of a format. */
export function sampleFormat(format: PcmFormat): SampleFormat {
  return FORMATS[format];
}

/** The name of SNDRV_PCM_FORMAT_* number `number`, or the number itself as text. */
export function formatName(number: number): string {
  return PCM_FORMATS.find((name) => FORMATS[name].number === number) ?? `format ${number}`;
}

/** Bytes of one frame: one sample of each channel. */
export function frameBytes(format: PcmFormat, channels: number): number {
  return FORMATS[format].bytes * channels;
}
