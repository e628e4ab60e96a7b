// WAV files of every kind that programs write, right or wrong, made here.

export interface WavOptions {
  /** 'RIFF' unless told otherwise. */
  readonly magic?: string;
  readonly tag?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  /** Bytes of a sample: those that its bits need, unless told otherwise. */
  readonly container?: number;
  readonly blockAlign?: number;
  /** WAVE_FORMAT_EXTENSIBLE, with so many valid bits. */
  readonly validBits?: number;
  readonly data: Uint8Array;
  /** What the chunk of data says of its length, and the file of its own. */
  readonly dataLength?: number;
  readonly riffLength?: number;
  readonly before?: readonly Buffer[];
  readonly after?: readonly Buffer[];
  readonly bigEndian?: boolean;
}

const u16 = (value: number, bigEndian: boolean) => {
  const bytes = Buffer.alloc(2);
  if (bigEndian) bytes.writeUInt16BE(value);
  else bytes.writeUInt16LE(value);
  return bytes;
};
const u32 = (value: number, bigEndian: boolean) => {
  const bytes = Buffer.alloc(4);
  if (bigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** A chunk, with the byte that makes its length even unless told otherwise. */
export function chunk(
  id: string,
  body: Uint8Array,
  { pad = true, length = body.length, bigEndian = false } = {},
) {
  const padding = pad && body.length % 2 === 1 ? [Buffer.alloc(1)] : [];
  return Buffer.concat([Buffer.from(id), u32(length, bigEndian), body, ...padding]);
}

export function wav(options: WavOptions): Buffer {
  const { magic = 'RIFF', channels = 2, rate = 48_000, bits = 16, bigEndian = magic === 'RIFX' } = options;
  const { container = Math.ceil(bits / 8), validBits, data, before = [], after = [] } = options;
  const { blockAlign = container * channels, dataLength = data.length } = options;
  const tag = options.tag ?? (validBits === undefined ? 1 : 0xfffe);
  const format = [
    ...[u16(tag, bigEndian), u16(channels, bigEndian), u32(rate, bigEndian)],
    ...[u32(rate * blockAlign, bigEndian), u16(blockAlign, bigEndian), u16(bits, bigEndian)],
  ];
  if (validBits !== undefined) {
    format.push(u16(22, bigEndian), u16(validBits, bigEndian), u32(3, bigEndian), u16(1, bigEndian));
    format.push(Buffer.from('000000001000800000aa00389b71', 'hex'));
  }
  const chunks = Buffer.concat([
    ...before,
    chunk('fmt ', Buffer.concat(format), { bigEndian }),
    chunk('data', data, { length: dataLength, bigEndian }),
    ...after,
  ]);
  const { riffLength = chunks.length + 4 } = options;
  return Buffer.concat([Buffer.from(magic), u32(riffLength, bigEndian), Buffer.from('WAVE'), chunks]);
}

/** The chunk of RF64 and BW64 that has their lengths. */
export const ds64 = (riff: number, data: number, others: readonly (readonly [string, number])[] = []) =>
  chunk(
    'ds64',
    Buffer.concat([
      ...[u64(riff), u64(data), u64(0), u32(others.length, false)],
      ...others.map(([id, length]) => Buffer.concat([Buffer.from(id), u64(length)])),
    ]),
  );
