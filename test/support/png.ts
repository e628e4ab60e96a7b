// The pixels of a screenshot: PNG with 8 bits a channel, RGB or RGBA, not interlaced, as browsers write it.
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** How many colours it has. */
  readonly colours: number;
  /** The share of pixels that do not have the commonest colour. */
  readonly drawn: number;
}

const SIGNATURE = '89504e470d0a1a0a';
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 };

export function readPng(bytes: Buffer): Picture {
  if (bytes.toString('hex', 0, 8) !== SIGNATURE) throw new Error('no PNG');
  const chunks = chunksOf(bytes);
  const [header = Buffer.alloc(13)] = chunks.filter(({ type }) => type === 'IHDR').map(({ data }) => data);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = CHANNELS[header[9] as number];
  if (header[8] !== 8 || channels === undefined || header[12] !== 0) throw new Error('another kind of PNG');
  const lines = inflateSync(
    Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)),
  );
  const counts = coloursOf(lines, width, height, channels);
  return { width, height, colours: counts.size, drawn: 1 - Math.max(...counts.values()) / (width * height) };
}

function chunksOf(bytes: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    chunks.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      data: bytes.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return chunks;
}

/** How often each colour is there. Undoes the filter of each line (PNG specification, section 9). */
function coloursOf(lines: Buffer, width: number, height: number, channels: number): Map<number, number> {
  const counts = new Map<number, number>();
  const stride = width * channels;
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y += 1) {
    const start = y * (stride + 1);
    const line = unfiltered(
      lines[start] as number,
      lines.subarray(start + 1, start + 1 + stride),
      above,
      channels,
    );
    for (let x = 0; x < stride; x += channels) {
      const colour = line.readUIntBE(x, 3);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    above = line;
  }
  return counts;
}

function unfiltered(filter: number, line: Buffer, above: Buffer, channels: number): Buffer<ArrayBuffer> {
  const result = Buffer.from(line);
  for (let x = 0; x < line.length; x += 1) {
    const left = x < channels ? 0 : (result[x - channels] as number);
    const up = above[x] as number;
    const corner = x < channels ? 0 : (above[x - channels] as number);
    const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] as number;
    result[x] = (line[x] as number) + predicted;
  }
  return result;
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(estimate - value)) as [number, number, number];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
