/** The parameters of a substream: what is asked for is what is had, or an error. */
import { checkBoolean, checkInteger, checkOneOf, type OptionNames, rangeError } from '../arguments.js';
import { PCM_ACCESSES, type PcmAccess } from './access.js';
import { frameBytes, PCM_FORMATS, type PcmFormat } from './format.js';

export interface PcmParameters {
  /** The format of a sample. */
  readonly format: PcmFormat;
  /** Hz; snd-aloop takes 8000..768000. */
  readonly rate: number;
  /** 1..32 for snd-aloop. */
  readonly channels: number;
  /** Frames a period: what one tick of the cable's timer moves. */
  readonly periodFrames: number;
  /** Periods a buffer, 2..1024; 4 by default, or as many as 2 MiB hold. With one snd-aloop's positions do not advance. */
  readonly periods?: number;
  /**
   * Playback: overwrite with silence what was played, so that a tick with too little queued moves silence instead of old
   * audio. false by default.
   */
  readonly fillWithSilence?: boolean;
  /**
   * 'interleaved' (default), or 'noninterleaved' where the other end of the cable is, as JACK's and that of `arecord -I`:
   * the two ends must agree in it. The bytes that are written and read are interleaved frames in either.
   */
  readonly access?: PcmAccess;
}

export const PCM_PARAMETERS: OptionNames<PcmParameters> = {
  format: true,
  rate: true,
  channels: true,
  periodFrames: true,
  periods: true,
  fillWithSilence: true,
  access: true,
};

/** snd-aloop's limits (sound/drivers/aloop.c: loopback_pcm_hardware). */
const PERIOD_BYTES = { min: 64, max: 1 << 20 };
const BUFFER_BYTES_MAX = 2 << 20;

/** Checked parameters with the defaults filled in. */
export function checkParameters(given: PcmParameters, defaultPeriods = 4): Required<PcmParameters> {
  const format = checkOneOf('format', given.format, PCM_FORMATS);
  const rate = checkInteger('rate', given.rate, 8_000, 768_000);
  const channels = checkInteger('channels', given.channels, 1, 32);
  const bytes = frameBytes(format, channels);
  const periodFrames = checkInteger(
    'periodFrames',
    given.periodFrames,
    Math.ceil(PERIOD_BYTES.min / bytes),
    Math.floor(PERIOD_BYTES.max / bytes),
  );
  const most = Math.floor(BUFFER_BYTES_MAX / (periodFrames * bytes));
  const periods = checkInteger('periods', given.periods ?? Math.min(defaultPeriods, most), 2, 1024);
  if (periods > most) {
    throw rangeError('periods', `at most ${most} periods of ${periodFrames} frames (2 MiB in all)`, periods);
  }
  const fillWithSilence = checkBoolean('fillWithSilence', given.fillWithSilence ?? false);
  const access = checkOneOf('access', given.access ?? 'interleaved', PCM_ACCESSES);
  return { format, rate, channels, periodFrames, periods, fillWithSilence, access };
}
