// WAV files that are written: what they say of themselves, also when they are never ended.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { wavHeader } from '../../../lib/wav/header.js';
import { WAV_WRITER_FORMATS, WavReader, WavWriter } from '../../../lib/wav/index.js';

const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-wav-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = () => {
  files += 1;
  return join(folder, `${files}.wav`);
};

const STEREO = { format: 'S16_LE', rate: 48_000, channels: 2 } as const;
const audio = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + 3) % 251));

async function read(source: string | Readable) {
  const wav = await WavReader.open(source);
  const pieces: Uint8Array[] = [];
  for await (const piece of wav.frames()) pieces.push(piece);
  const { parameters, frameCount, missingFrames } = wav;
  return { ...parameters, frameCount, missingFrames, data: Buffer.concat(pieces) };
}

describe('a WAV file that is written', () => {
  it.each(
    WAV_WRITER_FORMATS.flatMap((format) => [1, 2, 3, 8].map((channels) => [format, channels] as const)),
  )('with %s of %d channels is read as it was', async (format, channels) => {
    const path = fresh();
    const wav = await WavWriter.create(path, { format, rate: 44_100, channels });
    // Three frames: of 24 bits in one channel an odd number of bytes.
    const data = audio(3 * wav.frameBytes);
    await wav.write(data.subarray(0, wav.frameBytes));
    await wav.write(data.subarray(wav.frameBytes));
    expect(wav.frameCount).toBe(3);
    await wav.close();
    expect(await read(path)).toEqual({
      format,
      rate: 44_100,
      channels,
      frameCount: 3,
      missingFrames: 0,
      data,
    });
    const bytes = readFileSync(path);
    // The whole file, and an even length.
    expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
    expect(bytes.length % 2).toBe(0);
  });

  it('that was never closed is read up to its end', async () => {
    const path = fresh();
    const wav = await WavWriter.create(path, STEREO);
    await wav.write(audio(400));
    expect(await read(path)).toEqual({
      ...STEREO,
      frameCount: undefined,
      missingFrames: 0,
      data: audio(400),
    });
    await wav.close();
  });

  it('keeps the order of writes at once, and of a close behind them', async () => {
    const path = fresh();
    const wav = await WavWriter.create(path, STEREO);
    const data = audio(4_000);
    const writes = Array.from({ length: 100 }, (_, i) => wav.write(data.subarray(i * 40, (i + 1) * 40)));
    const closed = wav.close();
    await Promise.all([...writes, closed, wav.close()]);
    expect((await read(path)).data).toEqual(data);
    await expect(wav.write(data)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('goes into a stream with a header that says nothing of its length', async () => {
    const pipe = new PassThrough();
    const wav = await WavWriter.create(pipe, STEREO);
    const all = buffer(pipe);
    await wav.write(audio(400));
    await wav.close();
    // The stream is the caller's.
    expect(pipe.writableEnded).toBe(false);
    pipe.end();
    const bytes = await all;
    expect([bytes.readUInt32LE(4), bytes.readUInt32LE(bytes.length - 404)]).toEqual([
      0xffff_ffff, 0xffff_ffff,
    ]);
    expect(await read(Readable.from([bytes]))).toMatchObject({
      ...STEREO,
      frameCount: undefined,
      data: audio(400),
    });
  });

  it('goes through a named pipe once somebody reads it', async () => {
    const path = fresh();
    execFileSync('mkfifo', [path]);
    const created = WavWriter.create(path, STEREO);
    const heard = buffer(createReadStream(path));
    const wav = await created;
    await wav.write(audio(400));
    await wav.close();
    expect(await read(Readable.from([await heard]))).toMatchObject({ ...STEREO, data: audio(400) });
  });

  it('is not waited for any more when the signal says so', async () => {
    const path = fresh();
    execFileSync('mkfifo', [path]);
    const ending = new AbortController();
    const created = WavWriter.create(path, { ...STEREO, signal: ending.signal });
    ending.abort();
    await expect(created).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('may be a device', async () => {
    const wav = await WavWriter.create('/dev/null', STEREO);
    await wav.write(audio(400));
    await wav.close();
    expect(wav.frameCount).toBe(100);
  });

  it('writes over no file unless it is told to', async () => {
    const path = fresh();
    writeFileSync(path, audio(4_000));
    await expect(WavWriter.create(path, STEREO)).rejects.toMatchObject({ code: 'EEXIST', path });
    expect(readFileSync(path)).toEqual(audio(4_000));
    await (await WavWriter.create(path, { ...STEREO, overwrite: true })).close();
    expect((await read(path)).data).toEqual(Buffer.alloc(0));
  });

  it('counts what was written, where a write failed', async () => {
    // A stream that fails once, as a full disk does.
    let writes = 0;
    const target = new Writable({
      write(_chunk, _, done) {
        writes += 1;
        done(writes === 2 ? Object.assign(new Error('no space'), { code: 'ENOSPC' }) : null);
      },
      autoDestroy: false,
    });
    target.on('error', () => {});
    const wav = await WavWriter.create(target, STEREO);
    await expect(wav.write(audio(40))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(wav.frameCount).toBe(0);
  });

  it.each<[string, unknown, unknown, string]>([
    ['no target', 5, STEREO, 'ERR_INVALID_ARG_TYPE'],
    ['an unknown format', '/x', { ...STEREO, format: 'S16_BE' }, 'ERR_INVALID_ARG_VALUE'],
    ['too many channels', '/x', { ...STEREO, channels: 32_768 }, 'ERR_OUT_OF_RANGE'],
    ['an unknown option', '/x', { ...STEREO, force: true }, 'ERR_INVALID_ARG_VALUE'],
    ['a folder that is not there', '/no/such/a.wav', STEREO, 'ENOENT'],
  ])('is refused with %s', async (_, target, options, code) => {
    await expect(WavWriter.create(target as string, options as typeof STEREO)).rejects.toMatchObject({
      code,
    });
  });

  it('takes whole frames only', async () => {
    const pipe = new PassThrough();
    const wav = await WavWriter.create(pipe, STEREO);
    await expect(wav.write(audio(5))).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  });
});

describe('The header of a WAV file', () => {
  const shape = { ...STEREO, frameBytes: 4 };

  it('is as long for every length', () => {
    const lengths = [undefined, 0, 400, 2 ** 32, 2 ** 40];
    expect(new Set(lengths.map((bytes) => wavHeader(shape, bytes).length)).size).toBe(1);
  });

  it.each([
    // The file has the header besides, of which 8 bytes do not count.
    [2 ** 32 - 4_096 - 80, 'RIFF'],
    [2 ** 32 - 4_096, 'RF64'],
    [2 ** 32, 'RF64'],
    [2 ** 40, 'RF64'],
  ])('of %d bytes of audio begins with %s, and is read as what it says', async (bytes, magic) => {
    const header = wavHeader(shape, bytes);
    expect(header.toString('latin1', 0, 4)).toBe(magic);
    const wav = await WavReader.open(Readable.from([header]));
    expect(wav.frameCount).toBe(bytes / 4);
  });

  it('has the frames of floating point in a chunk of its own', () => {
    const header = wavHeader({ ...shape, format: 'FLOAT_LE', frameBytes: 8 }, 800);
    const at = header.indexOf('fact');
    expect(header.readUInt32LE(at + 8)).toBe(100);
  });
});

describe('A WAV file that is opened by its path', () => {
  it('is closed at the end of its frames, and by close()', async () => {
    const path = fresh();
    await (await WavWriter.create(path, STEREO)).close();
    const wav = await WavReader.open(path);
    for await (const _ of wav.frames());
    wav.close();
    wav.close();
  });

  it('is waited for no more when the signal says so', async () => {
    const path = fresh();
    execFileSync('mkfifo', [path]);
    const ending = new AbortController();
    const opened = WavReader.open(path, { signal: ending.signal });
    ending.abort();
    await expect(opened).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('leaves a stream that was given to its owner', async () => {
    const stream = createReadStream('/dev/null');
    await once(stream, 'open');
    await expect(WavReader.open(stream)).rejects.toMatchObject({
      code: 'ERR_INVALID_WAV',
      path: 'the stream',
    });
  });
});
