/** OpenSubstream: a device of the kernel's (/dev/snd/pcmC<card>D<device>p or c), opened for one Pcm and set up. */
import { controlDevice, pcmDevice } from '../device-nodes.js';
import { AlsaError, callNative, fromNative } from '../errors.js';
import type { PcmHandle, PcmSizesNative } from '../native/binding.js';
import { native } from '../native/load.js';
import { accessNumber } from './access.js';
import { sampleFormat } from './format.js';
import { namingOccupant } from './holder.js';
import type { CheckedPcmOptions } from './options.js';
import { type CableEnd, checkOtherAccess, namingOther } from './other-access.js';
import type { PcmParameters } from './parameters.js';
import { refusedParameterError } from './refused-parameter.js';

export class OpenSubstream {
  readonly handle: PcmHandle;
  readonly sizes: PcmSizesNative;
  readonly end: CableEnd;
  /** For messages. */
  readonly what: string;

  private constructor(
    handle: PcmHandle,
    { card, device, direction, parameters }: CheckedPcmOptions,
    sizes: PcmSizesNative,
  ) {
    const substream = handle.subdevice();
    const name = `hw:${card},${device},${substream}`;
    this.handle = handle;
    this.sizes = sizes;
    this.end = { name, card, device, direction, substream, access: parameters.access };
    this.what = `${direction} ${name}`;
  }

  /** @throws as Pcm.open */
  static open(options: CheckedPcmOptions): OpenSubstream {
    const { card, device, substream, direction, parameters } = options;
    const name = `hw:${card},${device},${substream}`;
    let handle: PcmHandle | undefined;
    try {
      const path = pcmDevice(card, device, direction);
      handle = native().openPcm(path, direction === 'playback', controlDevice(card), substream);
      const opened = new OpenSubstream(handle, options, configure(handle, parameters));
      checkOtherAccess(opened.end);
      return opened;
    } catch (error) {
      handle?.close();
      const explained = refusedParameterError(error, `${direction} ${name}`) ?? fromNative(error, name);
      throw substream < 0 ? explained : namingOccupant(explained, { card, device, direction, substream });
    }
  }

  /** Starts the stream. An error that the other end of a cable causes names that. */
  start(): number {
    try {
      return this.handle.start();
    } catch (error) {
      const explained = fromNative(error, this.what);
      throw explained instanceof AlsaError ? namingOther(explained, this.end) : explained;
    }
  }

  /** Runs `body`; its errors name the substream. */
  call<T>(body: () => T): T {
    return callNative(this.what, body);
  }
}

function configure(handle: PcmHandle, parameters: Required<PcmParameters>): PcmSizesNative {
  const { format, rate, channels, periodFrames, periods, fillWithSilence, access } = parameters;
  return handle.configure({
    access: accessNumber(access),
    format: sampleFormat(format).number,
    rate,
    channels,
    periodFrames,
    bufferFrames: periodFrames * periods,
    fillWithSilence,
  });
}
