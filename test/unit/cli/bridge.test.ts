// `utimer bridge` as far as it goes without a kernel: its stream, by a description or by options.
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { streamParameters } from '../../../lib/cli/bridge/stream-parameters.js';
import { neverAborted, utimer, utimerFrom } from '../../support/utimer.js';

const utimerUntil = (signal: AbortSignal, ...args: string[]) =>
  utimerFrom(Readable.from([]), signal, ...args);

describe('utimer bridge', () => {
  let server: Server;
  let url = '';
  beforeEach(async () => {
    server = createServer((request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('v=0\n', () => request.url === '/torn' && response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('ends in order when it is interrupted while it loads a description', async () => {
    const abort = new AbortController();
    const asked = once(server, 'request');
    const ended = utimerUntil(abort.signal, 'bridge', '--sdp', `${url}/part`);
    await asked;
    abort.abort();
    expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['/torn', 'cannot be fetched'],
    ['/dev/zero', 'gives more than 65536 bytes'],
  ])('says what is wrong with the description %s', async (location, message) => {
    const { code, stdout, stderr } = await utimer(
      ...['bridge', '--sdp', location === '/torn' ? url + location : location],
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^utimer bridge: .*${message}.*\n$`));
  });
});

describe('A description that says something wrong', () => {
  it('is corrected by options', async () => {
    const sdp = join(tmpdir(), `utimer-bridge-${process.pid}.sdp`);
    const lines = ['v=0', 's=x', 'c=IN IP4 239.0.0.1/32', 't=0 0', 'm=audio 5004 RTP/AVP 96'];
    writeFileSync(sdp, [...lines, 'a=rtpmap:96 L24/48000/2', ''].join('\r\n'));
    try {
      const { signal } = new AbortController();
      const io = { signal, stdin: Readable.from([]), stderr: new Writable() };
      const described = { encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96, port: 5004 };
      const values = { sdp, stream: undefined, listen: undefined, ptime: undefined };
      expect(await streamParameters(values, {}, io)).toMatchObject(described);
      const corrections = { encoding: 'L16', channels: 8, payloadType: 97 } as const;
      expect(await streamParameters(values, corrections, io)).toMatchObject({ ...described, ...corrections });
    } finally {
      rmSync(sdp);
    }
  });
});

describe('A description of several payload types', () => {
  const lines = ['v=0', 's=x', 'c=IN IP4 239.0.0.1/32', 't=0 0', 'm=audio 5004 RTP/AVP 96 97'];
  const text = [...lines, 'a=rtpmap:96 L16/48000/2', 'a=rtpmap:97 L24/48000/2', ''].join('\r\n');

  it.each([
    [{}, { payloadType: 96, encoding: 'L16', alternatives: [{ payloadType: 97, encoding: 'L24' }] }],
    [
      { encoding: 'L24' },
      { payloadType: 96, encoding: 'L24', alternatives: [{ payloadType: 97, encoding: 'L24' }] },
    ],
    [{ payloadType: 96 }, { payloadType: 96, encoding: 'L16' }],
    [{ payloadType: 97 }, { payloadType: 97, encoding: 'L24' }],
    [{ payloadType: 98 }, { payloadType: 98, encoding: 'L16' }],
    [
      { payloadType: 97, encoding: 'L16' },
      { payloadType: 97, encoding: 'L16' },
    ],
  ] as const)('is corrected by %o', async (corrections, expected) => {
    const io = {
      signal: new AbortController().signal,
      stdin: Readable.from([Buffer.from(text)]),
      stderr: new Writable(),
    };
    const values = { sdp: '-', stream: undefined, listen: undefined, ptime: undefined };
    const { payloadType, encoding, alternatives } = await streamParameters(values, corrections, io);
    expect({ payloadType, encoding, ...(alternatives && { alternatives }) }).toEqual(expected);
  });
});

describe('utimer bridge --sdp', () => {
  it.each([
    [
      'rtsp://192.0.2.1/by-id/1',
      "--sdp must be a path, or a URL that begins with file:, http: or https:, not 'rtsp:",
    ],
    ['sap://239.255.255.255', '--sdp must be a path, or a URL'],
    ['', '--sdp is empty'],
  ])('says which addresses it knows: %s', async (location, message) => {
    const { code, stderr } = await utimer('bridge', `--sdp=${location}`);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('- reads standard input, and what is wrong with it', async () => {
    const sdp = 'v=0\r\nm=audio 5004 RTP/AVP 96\r\na=rtpmap:96 L24/48000/2\r\n';
    const { code, stderr } = await utimerFrom(
      Readable.from([Buffer.from(sdp)]),
      neverAborted(),
      'bridge',
      '--sdp',
      '-',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('utimer bridge: standard input: the address is missing');
    const abort = new AbortController();
    const silent = new Readable({ read() {} });
    const ended = utimerFrom(silent, abort.signal, 'bridge', '--sdp', '-');
    abort.abort();
    expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
