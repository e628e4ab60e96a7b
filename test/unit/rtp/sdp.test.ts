import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeStream, loadSdp, parseSdp, SdpError } from '../../../lib/rtp/index.js';

// The kind of description that AES67 asks for, with a source filter.
const AES67 = `v=0
o=audio 1311738121 1311738121 IN IP4 192.168.1.1
s=Stage left I/O
c=IN IP4 239.0.0.1/32
t=0 0
m=audio 5004 RTP/AVP 96
i=Channels 1-8
a=rtpmap:96 L24/48000/8
a=recvonly
a=source-filter: incl IN IP4 239.0.0.1 192.168.1.1
a=ptime:1
a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37
a=mediaclk:direct=963214424
`;

/** AES67 without the lines that match, and with others at the end. */
function changed(without: RegExp, ...lines: string[]): string {
  const kept = AES67.split('\n').filter((line) => line !== '' && !without.test(line));
  return `${[...kept, ...lines].join('\n')}\n`;
}

describe('a session description', () => {
  it('of AES67 says everything that a receiver has to know', () => {
    expect(parseSdp(AES67)).toEqual({
      name: 'Stage left I/O',
      encoding: 'L24',
      rate: 48_000,
      channels: 8,
      payloadType: 96,
      address: '239.0.0.1',
      ttl: 32,
      port: 5004,
      packetFrames: 48,
      sources: ['192.168.1.1'],
      excludedSources: [],
      referenceClocks: ['ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37'],
      mediaClock: { kind: 'direct', offset: 963_214_424 },
      warnings: [],
    });
  });

  it('means the same with the line ends of the standard', () => {
    expect(parseSdp(AES67.replaceAll('\n', '\r\n'))).toEqual(parseSdp(AES67));
  });

  it('of ffmpeg needs no rtpmap where the payload type is fixed', () => {
    const text = `v=0
o=- 0 0 IN IP4 127.0.0.1
s=No Name
c=IN IP4 127.0.0.1
t=0 0
a=tool:libavformat 59.27.100
m=audio 5004 RTP/AVP 10
b=AS:1411
`;
    expect(parseSdp(text)).toMatchObject({
      encoding: 'L16',
      rate: 44_100,
      channels: 2,
      payloadType: 10,
      address: '127.0.0.1',
      sources: [],
    });
  });

  it('may say its address, filter and clocks for the session or for the media', () => {
    const text = `v=0
o=- 1 1 IN IP6 fe80::1
s=-
t=0 0
a=source-filter: excl IN IP6 ff15::7 2001:db8::1 2001:db8::2
a=ts-refclk:local
a=ts-refclk:ntp=/traceable/
a=mediaclk:sender
m=audio 5004 RTP/AVP 98 99
c=IN IP6 ff15::7
a=rtpmap:98 opus/48000/2
a=rtpmap:99 l16/96000
a=ptime:0.12
`;
    expect(parseSdp(text)).toEqual({
      name: '-',
      encoding: 'L16',
      rate: 96_000,
      channels: 1,
      payloadType: 99,
      address: 'ff15::7',
      port: 5004,
      packetFrames: 12,
      sources: [],
      excludedSources: ['2001:db8::1', '2001:db8::2'],
      referenceClocks: ['local', 'ntp=/traceable/'],
      mediaClock: { kind: 'sender' },
      warnings: [],
    });
  });

  it('may filter the sources of another group, which does not concern this one', () => {
    const text = changed(/^a=source/, 'a=source-filter: incl IN IP4 239.0.0.9 192.168.1.1');
    expect(parseSdp(text).sources).toEqual([]);
  });

  it('may have several filters, which are all observed', () => {
    const filters = (session: readonly string[], media: readonly string[]) => {
      const lines = (texts: readonly string[]) => texts.map((text) => `a=source-filter:${text}\n`).join('');
      const text = `${changed(/^a=source/).replace('t=0 0\n', `t=0 0\n${lines(session)}`)}${lines(media)}`;
      const { sources, excludedSources } = parseSdp(text);
      return [sources, excludedSources];
    };
    const incl = (last: number) => ` incl IN IP4 239.0.0.1 10.0.0.${last}`;
    const excl = (last: number) => ` excl IN IP4 * 10.0.0.${last}`;
    expect(filters([incl(1), incl(2)], [])).toEqual([['10.0.0.1', '10.0.0.2'], []]);
    expect(filters([], [incl(1), excl(2)])).toEqual([['10.0.0.1'], ['10.0.0.2']]);
    expect(filters([incl(1)], [incl(2), incl(1), excl(3)])).toEqual([['10.0.0.1', '10.0.0.2'], ['10.0.0.3']]);
    expect(filters([], ['incl  IN   IP4  239.0.0.1/32  10.0.0.1  10.0.0.2 '])).toEqual([
      ['10.0.0.1', '10.0.0.2'],
      [],
    ]);
    expect(filters([' excl IN * * 10.0.0.1', ' incl IN IP6 ff15::7 fd00::1'], [])).toEqual([
      [],
      ['10.0.0.1'],
    ]);
    for (const text of [
      ...[' incl IN IP4 239.0.0.1', ' only IN IP4 * 10.0.0.1', ' incl XX IP4 * 10.0.0.1', ''],
      ...[' incl IN IP5 * 10.0.0.1', ' incl IN IP4 group.example 10.0.0.1'],
    ]) {
      for (const [session, media] of [
        [[incl(1), text], []],
        [[], [text, incl(1)]],
      ] as const) {
        expect(() => filters(session, media)).toThrow(SdpError);
        expect(() => filters(session, media)).toThrow(/"a=source-filter:.*" cannot be read/);
      }
    }
    for (const text of [
      ' incl IN IP4 * fd00::1',
      ' incl IN IP6 239.0.0.1 10.0.0.1',
      ' excl IN IP6 * fd00::1',
    ]) {
      expect(() => filters([], [text])).toThrow(/is not for IPv4, as c= is/);
    }
  });

  it('may begin with a mark of byte order, and have a space before its packet time', () => {
    expect(parseSdp(`\uFEFF${AES67}`)).toEqual(parseSdp(AES67));
    expect(parseSdp(changed(/^a=ptime/, 'a=ptime: 1'))).toEqual(parseSdp(AES67));
  });

  it('gives one group, and no other number of them', () => {
    const of = (...lines: string[]) => parseSdp(changed(/^[c]=|source/, ...lines));
    expect(of('c=IN IP6 ff3e::8000:1/1')).toMatchObject({ address: 'ff3e::8000:1' });
    expect(of('c=IN  IP4 239.0.0.2/4/1')).toMatchObject({ address: '239.0.0.2', ttl: 4 });
    expect(() => of('c=IN IP6 ff3e::8000:1/3')).toThrow(/c= gives 3 groups: only one is supported/);
    expect(() => of('c=IN IP4 239.0.0.1/1', 'c=IN IP4 239.0.0.2/1')).toThrow(/2 lines c=: only one group/);
    expect(() => of('c=IN IP4')).toThrow(/"c=IN IP4" cannot be read/);
    expect(() => parseSdp(`${AES67}c=IN 239.0.0.9\n`)).toThrow(/"c=IN 239.0.0.9" cannot be read/);
  });

  it('with several streams gives the first that can be played, or the one asked for', () => {
    const text = `${changed(/^a=rtpmap/, 'a=rtpmap:96 opus/48000/2')}m=video 6000 RTP/AVP 97
a=rtpmap:97 H264/90000
m=audio 5006 RTP/AVP 98
a=rtpmap:98 L16/48000/2
`;
    expect(parseSdp(text)).toMatchObject({ port: 5006, encoding: 'L16' });
    expect(parseSdp(text, { stream: 1 })).toMatchObject({ port: 5006 });
    expect(() => parseSdp(text, { stream: 0 })).toThrow(/neither L16 nor L24: 96 is opus/);
    expect(() => parseSdp(text, { stream: 2 })).toThrow(/no audio stream 2: the description has 2/);
  });

  it.each<[string, string, RegExp]>([
    ['is something else', '<html></html>', /not a session description/],
    ['has no audio', changed(/^[ma]=/), /no stream of audio/],
    ['has no address', changed(/^c=/), /c=IN IP4 239/],
    ['has a name for an address', changed(/^c=/, 'c=IN IP4 example.org'), /gives "example.org"/],
    ['has an impossible ttl', changed(/^c=/, 'c=IN IP4 239.0.0.1/300'), /ttl "300"/],
    ['has no rtpmap', changed(/^a=rtpmap/), /96 without a=rtpmap:96/],
    ['has another encoding', changed(/^a=rtpmap/, 'a=rtpmap:96 AM824/48000/2'), /96 is AM824/],
    ['has no rate', changed(/^a=rtpmap/, 'a=rtpmap:96 L24'), /no sample rate/],
    ['has a rate of nothing', changed(/^a=rtpmap/, 'a=rtpmap:96 L24/0/2'), /no sample rate/],
    ['has no channels', changed(/^a=rtpmap/, 'a=rtpmap:96 L24/48000/0'), /no channels/],
    ['has a thousand channels', changed(/^a=rtpmap/, 'a=rtpmap:96 L24/48000/1000'), /no channels/],
    ['has no port', AES67.replace('5004', '0'), /port 0/],
    ['has an impossible port', AES67.replace('5004', '99999'), /port 99999/],
    ['is encrypted', AES67.replace('RTP/AVP', 'RTP/SAVP'), /RTP\/SAVP/],
    ['has a filter by name', changed(/^a=source/, 'a=source-filter: incl IN IP4 * a.example'), /"a.example"/],
    ['is endless', AES67 + 'a=x\n'.repeat(20_000), /longer than 65536/],
  ])('that %s is an error that says so', (_, text, message) => {
    expect(() => parseSdp(text)).toThrow(SdpError);
    expect(() => parseSdp(text)).toThrow(message);
  });

  it('may say that its stream goes over one port, and not over several', () => {
    const over = (count: number) => AES67.replace('m=audio 5004', `m=audio 5004/${count}`);
    expect(parseSdp(over(1))).toEqual(parseSdp(AES67));
    expect(() => parseSdp(over(2))).toThrow(/m=audio 5004\/2 goes over 2 ports/);
    expect(() => parseSdp(AES67.replace('239.0.0.1/32', '239.0.0.1/32/3'))).toThrow(/c= gives 3 groups/);
    const other = AES67.slice(AES67.indexOf('m=audio')).replace('5004', '5008');
    expect(parseSdp(over(2) + other)).toMatchObject({ port: 5008 });
    expect(() => parseSdp(over(2) + other, { stream: 0 })).toThrow(/2 ports/);
  });

  it('that is damaged anywhere gives parameters or an SdpError, and nothing else', () => {
    for (let at = 0; at < AES67.length; at++) {
      for (const damage of ['', '/', '\n', '\0', '9999999999']) {
        try {
          parseSdp(AES67.slice(0, at) + damage + AES67.slice(at + 1));
        } catch (error) {
          expect(error).toBeInstanceOf(SdpError);
        }
      }
    }
  });

  it('that is made here is understood here', () => {
    for (const rate of [44_100, 48_000, 96_000]) {
      for (const packetFrames of [6, 12, 44, 48, 192, 480]) {
        const options = {
          name: 'Bühne',
          encoding: 'L24',
          rate,
          channels: 2,
          payloadType: 97,
          packetFrames,
          address: '239.1.2.3',
          port: 5004,
          ttl: 4,
        } as const;
        const text = describeStream({ ...options, origin: '10.0.0.1', sourceFilter: true });
        expect(parseSdp(text)).toEqual({
          ...options,
          sources: ['10.0.0.1'],
          excludedSources: [],
          referenceClocks: ['local'],
          mediaClock: { kind: 'sender' },
          warnings: [],
        });
      }
    }
  });

  it('that is made here has an origin of its own: RFC 8866, section 5.2', () => {
    const options = {
      ...({ encoding: 'L24', rate: 48_000, channels: 2, payloadType: 97, packetFrames: 48 } as const),
      ...{ address: '239.1.2.3', port: 5004 },
    };
    const seconds = () => Math.floor(Date.now() / 1000) + 2_208_988_800;
    const before = seconds();
    const id = Number(/^o=- (\d+) 0 IN IP4 0\.0\.0\.0\r$/m.exec(describeStream(options))?.[1]);
    expect(id).toBeGreaterThanOrEqual(before);
    expect(id).toBeLessThanOrEqual(seconds());
    const text = describeStream({ ...options, sessionId: 7, origin: '10.0.0.1' });
    expect(text).toContain('o=- 7 0 IN IP4 10.0.0.1\r\n');
    expect(text).not.toContain('source-filter');
  });

  it('tells receivers of a group to take packets from an address of its family only', () => {
    const stream = { encoding: 'L16', rate: 48_000, channels: 1, payloadType: 96, packetFrames: 48 } as const;
    for (const [address, origin] of [
      ['239.1.2.3', '::1'],
      ['ff05::7:1', '10.0.0.1'],
    ] as const) {
      const options = { ...stream, address, port: 5004, origin };
      expect(() => describeStream({ ...options, sourceFilter: true })).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARG_VALUE',
          message: expect.stringMatching(/^origin must be an IPv[46] address, as address is/),
        }),
      );
      expect(parseSdp(describeStream(options)).sources).toEqual([]);
    }
    expect(describeStream({ ...stream, address: '10.0.0.2', port: 5004, origin: '::1' })).toContain(
      'IN IP6 ::1',
    );
  });

  it('cannot be made with a second line in its name', () => {
    expect(() =>
      describeStream({
        name: 'a\r\nb=c',
        encoding: 'L16',
        rate: 48_000,
        channels: 1,
        payloadType: 96,
        packetFrames: 48,
        address: '127.0.0.1',
        port: 5004,
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  });
});

describe('loadSdp', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'alsa-utimer-sdp-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('reads a file, by its path or its URL', async () => {
    const path = join(directory, 'stream.sdp');
    await writeFile(path, AES67);
    const expected = parseSdp(AES67);
    expect(await loadSdp(path)).toEqual(expected);
    expect(await loadSdp(pathToFileURL(path))).toEqual(expected);
    expect(await loadSdp(pathToFileURL(path).href)).toEqual(expected);
  });

  it('names the file whose description says too little', async () => {
    const path = join(directory, 'bad.sdp');
    await writeFile(path, 'v=0\n');
    await expect(loadSdp(path)).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_SDP',
        message: `${path}: no stream of audio: a line like "m=audio 5004 RTP/AVP 96" is missing`,
      }),
    );
  });

  it('reads no more of a file than a description may be long', async () => {
    await expect(loadSdp('/dev/zero')).rejects.toThrow(/\/dev\/zero gives more than 65536 bytes/);
  });

  it('says when there is no file', async () => {
    await expect(loadSdp(join(directory, 'none.sdp'))).rejects.toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });

  describe('from a web server', () => {
    let server: Server;
    let base = '';
    let asked: Promise<unknown>;
    beforeEach(async () => {
      server = createServer((request, response) => {
        if (request.url === '/stream.sdp') response.end(AES67);
        else if (request.url === '/large') response.end('v=0\n'.repeat(100_000));
        else if (request.url === '/part') response.writeHead(200, { 'content-length': 1000 }).write(AES67);
        else if (request.url === '/torn') {
          response.writeHead(200, { 'content-length': 1000 });
          response.write(AES67, () => response.destroy());
        } else if (request.url !== '/never') response.writeHead(404).end();
      });
      asked = once(server, 'request');
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    it('reads it, but not without end', async () => {
      expect(await loadSdp(`${base}/stream.sdp`)).toEqual(parseSdp(AES67));
      await expect(loadSdp(`${base}/large`)).rejects.toThrow(/more than 65536 bytes/);
    });

    it.each([
      ['/none', {}, /\/none answered 404/],
      ['/torn', {}, /\/torn cannot be fetched/],
      ['/never', { timeoutMs: 50 }, /\/never did not answer within 50 ms/],
      ['/part', { timeoutMs: 50 }, /\/part did not answer within 50 ms/],
    ])('says what is wrong with %s', async (path, options, message) => {
      const error = await loadSdp(base + path, options).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(SdpError);
      expect(error.message).toMatch(message);
    });

    it('says when nobody answers', async () => {
      server.close();
      await expect(loadSdp(`${base}/stream.sdp`)).rejects.toThrow(/cannot be fetched: .*ECONNREFUSED/);
    });

    it.each(['/never', '/part'])('ends when it is told to, in the midst of %s', async (path) => {
      const abort = new AbortController();
      const loading = loadSdp(base + path, { signal: abort.signal });
      await asked;
      abort.abort();
      await expect(loading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
      await expect(loadSdp('/dev/zero', { signal: abort.signal })).rejects.toThrow(
        expect.objectContaining({ name: 'AbortError' }),
      );
    });
  });
});
