// Named pipes in place of files: their open(2) waits for the other end, in a thread that nothing ends.
import { execFileSync } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeStream, loadSdp, parseSdp } from '../../lib/rtp/index.js';
import { writeText } from '../../lib/unblocking-file.js';
import { opened, writerOf } from '../support/named-pipes.js';
import { utimerFrom } from '../support/utimer.js';

const STREAM = { encoding: 'L16', rate: 48_000, channels: 2, address: '127.0.0.1', port: 5004 } as const;
const SDP = describeStream({
  ...STREAM,
  sessionId: 1,
  payloadType: 96,
  packetFrames: 48,
  origin: '127.0.0.1',
});

let folder = '';
let pipe = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alsa-utimer-pipe-'));
  pipe = join(folder, 'stream.sdp');
  execFileSync('mkfifo', [pipe]);
});
afterEach(() => rm(folder, { recursive: true }));

const silent = () => new Readable({ read() {} });

describe('A description that comes from a named pipe', () => {
  it('is read up to its end', async () => {
    const loading = loadSdp(pipe);
    const writer = await writerOf(pipe);
    for (const part of [SDP.slice(0, 20), SDP.slice(20)]) writeSync(writer, part);
    closeSync(writer);
    expect(await loading).toEqual(parseSdp(SDP));
  });

  it('is given up by the signal, before somebody writes it and amid it', async () => {
    for (const written of ['', SDP.slice(0, 20)]) {
      const abort = new AbortController();
      const loading = loadSdp(pipe, { signal: abort.signal });
      await opened(pipe);
      const writer = written ? await writerOf(pipe) : undefined;
      if (writer !== undefined) writeSync(writer, written);
      abort.abort();
      await expect(loading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
      if (writer !== undefined) closeSync(writer);
    }
  });

  it('is given up by `utimer bridge` when that is interrupted', async () => {
    const abort = new AbortController();
    const bridging = utimerFrom(silent(), abort.signal, 'bridge', '--sdp', pipe);
    await opened(pipe);
    abort.abort();
    expect(await bridging).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('A description that is written into a named pipe', () => {
  it('waits for somebody who reads it', async () => {
    const writing = writeText(pipe, SDP, new AbortController().signal);
    expect(await readFile(pipe, 'utf8')).toBe(SDP);
    await writing;
  });

  it('is given up by `utimer send` when that is interrupted', async () => {
    const abort = new AbortController();
    const shape = ['--sample-format', 'S16_LE', '--rate', '48000', '--channels', '2'];
    const sending = utimerFrom(
      ...([silent(), abort.signal, 'send', '--to', '127.0.0.1:9', '--sdp-out', pipe, ...shape, '-'] as const),
    );
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await sending).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('fails with what the system says where it cannot be written', async () => {
    const { signal } = new AbortController();
    await expect(writeText(folder, SDP, signal)).rejects.toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });
});
