// Session descriptions as devices and programs write them, and as people keep them.
import { describe, expect, it } from 'vitest';
import { describeStream, parseSdp, SdpError } from '../../../lib/rtp/index.js';

/** A description of which each line may be changed. */
function sdp({
  session = ['c=IN IP4 233.252.0.10/1'],
  m = 'm=audio 5004 RTP/AVP 96',
  rtpmap = 'a=rtpmap:96 L24/48000/2',
  more = ['a=ptime:1'],
}: {
  session?: readonly string[];
  m?: string;
  rtpmap?: string;
  more?: readonly string[];
} = {}): string {
  return ['v=0', 'o=- 1 1 IN IP4 192.0.2.10', 's=x', ...session, 't=0 0', m, rtpmap, ...more, ''].join('\n');
}

const PLAIN = parseSdp(sdp());

describe('white space', () => {
  it.each([
    ['two spaces in rtpmap', sdp({ rtpmap: 'a=rtpmap:96  L24/48000/2' })],
    ['a space behind the colon', sdp({ rtpmap: 'a=rtpmap: 96 L24/48000/2', more: ['a=ptime: 1'] })],
    ['a space before the slash', sdp({ rtpmap: 'a=rtpmap:96 L24/48000 /2' })],
    ['two spaces before the port', sdp({ m: 'm=audio  5004 RTP/AVP 96' })],
    ['two spaces behind the port', sdp({ m: 'm=audio 5004  RTP/AVP 96' })],
    ['two spaces before the type', sdp({ m: 'm=audio 5004 RTP/AVP  96' })],
    ['tabs behind lines', sdp().replaceAll('\n', '\t\n')],
    ['spaces and line ends of two characters', sdp().replaceAll('\n', ' \r\n')],
    ['lines that are indented', sdp().replaceAll(/^(?=.)/gm, '  ')],
    ['spaces around the equals sign', sdp().replaceAll('=', ' = ')],
    ['empty lines', sdp().replaceAll('\n', '\n\n')],
  ])('of any kind changes nothing: %s', (_, text) => {
    expect(parseSdp(text)).toEqual(PLAIN);
  });

  it('changes nothing in what is said of clocks', () => {
    const text = sdp({ more: ['a=mediaclk: direct=0', 'a=ts-refclk: local'] });
    expect(parseSdp(text)).toMatchObject({
      mediaClock: { kind: 'direct', offset: 0 },
      referenceClocks: ['local'],
    });
  });
});

describe('several descriptions in one text', () => {
  const other = sdp({
    session: ['c=IN IP4 233.252.0.2/32', 'a=source-filter: incl IN IP4 * 192.0.2.2'],
    m: 'm=audio 5006 RTP/AVP 96',
    rtpmap: 'a=rtpmap:96 L16/48000/2',
  });
  const inMedia = sdp({ session: [], more: ['c=IN IP4 233.252.0.10/1', 'a=ptime:1'] });

  it.each([
    ['that follow each other', sdp() + other],
    ['with an empty line between', `${sdp()}\n${other}`],
    ['of which the first has its address with its stream', `${inMedia}\n${other}`],
  ])('are read one by one: %s', (_, text) => {
    expect(parseSdp(text)).toEqual(PLAIN);
    expect(parseSdp(text, { stream: 0 })).toEqual(PLAIN);
    expect(parseSdp(text, { stream: 1 })).toEqual(parseSdp(other));
    expect(() => parseSdp(text, { stream: 2 })).toThrow(/no audio stream 2: the description has 2/);
  });

  it('may have audio in any of them', () => {
    const video = sdp({ m: 'm=video 20000 RTP/AVP 96', rtpmap: 'a=rtpmap:96 raw/90000' });
    expect(parseSdp(`${video}\n${other}\n${video}`)).toEqual(parseSdp(other));
  });

  it.each([
    ['what ffmpeg prints before it', 'SDP:\n'],
    ['the header of an answer', 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 300\r\n\r\n'],
  ])('begin behind %s', (_, header) => {
    expect(parseSdp(header + sdp())).toEqual(PLAIN);
  });
});

describe('a time of packets that cannot be', () => {
  it.each([
    ['1000', 'no packet holds 1000 ms of this stream'],
    ['1ms', 'it is no time in milliseconds'],
    ['0', 'it is less than a frame'],
    ['0.001', 'it is less than a frame'],
    ['-1', 'it is no time in milliseconds'],
    ['1e0', 'it is no time in milliseconds'],
    ['', 'it is no time in milliseconds'],
  ])('is ignored, and that is said: %s', (ptime, why) => {
    const { packetFrames, ...rest } = PLAIN;
    expect(packetFrames).toBe(48);
    expect(parseSdp(sdp({ more: [`a=ptime:${ptime}`] }))).toEqual({
      ...rest,
      warnings: [`"a=ptime:${ptime}" is ignored: ${why}`],
    });
  });

  it('is not one that rounds, or that a packet just holds', () => {
    const frames = (rtpmap: string, ptime: string) =>
      parseSdp(sdp({ rtpmap: `a=rtpmap:96 ${rtpmap}`, more: [`a=ptime:${ptime}`] })).packetFrames;
    expect(frames('L16/44100/2', '1.088435374150')).toBe(48);
    expect(frames('L16/44100/2', '1.09')).toBe(48);
    expect(frames('L24/48000/2', '0.333')).toBe(16);
    expect(frames('L16/16000/1', '1000')).toBe(16_000);
  });
});

describe('the payload types of a stream', () => {
  it('may all be used that have its rate and channels', () => {
    const text = sdp({
      m: 'm=audio 6000 RTP/AVP 9 8 111 96 97 98 99 101',
      rtpmap: 'a=rtpmap:9 G722/8000',
      more: [
        ...['a=rtpmap:8 PCMA/8000', 'a=rtpmap:111 opus/48000/2', 'a=rtpmap:96 L16/48000/2'],
        ...['a=rtpmap:97 L24/48000/2', 'a=rtpmap:98 L16/44100/2', 'a=rtpmap:99 L16/48000'],
        'a=rtpmap:101 telephone-event/8000',
      ],
    });
    expect(parseSdp(text)).toMatchObject({
      ...{ payloadType: 96, encoding: 'L16' },
      alternatives: [{ payloadType: 97, encoding: 'L24' }],
    });
    expect(PLAIN).not.toHaveProperty('alternatives');
  });

  it.each([
    ['10', 'a=rtpmap:10 L16/44100', 44_100, 2],
    ['11', 'a=rtpmap:11 L16/44100', 44_100, 1],
    ['10', 'a=rtpmap:10 L16/44100/1', 44_100, 1],
    ['10', 'a=rtpmap:10 L16/48000/2', 48_000, 2],
    ['10', 'a=rtpmap:10 L16/48000', 48_000, 1],
    ['96', 'a=rtpmap:96 L16/44100', 44_100, 1],
    ['10', 'a=recvonly', 44_100, 2],
  ])('that are fixed have their channels where none are said: %s, %s', (type, rtpmap, rate, channels) => {
    expect(parseSdp(sdp({ m: `m=audio 5004 RTP/AVP ${type}`, rtpmap }))).toMatchObject({ rate, channels });
  });

  it.each([
    ['L24/1e5/2', /"a=rtpmap:96 L24\/1e5\/2" says no sample rate/],
    ['L24/48000.5/2', /says no sample rate/],
    ['L24/0x8000/2', /says no sample rate/],
    ['L24/48000/2.5', /says no channels/],
    ['L24/48000/two', /says no channels/],
    ['L24/48000/2/2', /says no channels/],
    ['L24/48000/', /says no channels/],
    ['L24', /says no sample rate/],
    ['/48000/2', /96 is nothing/],
    ['L20/48000/2', /96 is L20/],
    ['AM824/48000/5', /96 is AM824/],
  ])('are not guessed from what cannot be read: %s', (map, message) => {
    expect(() => parseSdp(sdp({ rtpmap: `a=rtpmap:96 ${map}` }))).toThrow(message);
  });

  it.each([
    ['m=audio 5004 RTP/AVP (null)', /m=audio lists no payload type/],
    ['m=audio RTP/AVP 96', /"m=audio RTP\/AVP 96" cannot be read/],
    ['m=audio 5004', /"m=audio 5004" cannot be read/],
    ['m=audio', /"m=audio" cannot be read/],
    ['m=audio 0 RTP/AVP 96', /the port 0, which is none/],
    ['m=audio 5004 RTP/AVP 97', /97 without a=rtpmap:97/],
  ])('are asked for where there are none: %s', (m, message) => {
    expect(() => parseSdp(sdp({ m }))).toThrow(message);
  });
});

describe('addresses', () => {
  it.each([
    ['c=IN IP4 ff15::7', /contradicts itself: ff15::7 is an address of IPv6/],
    ['c=IN IP6 239.0.0.1', /contradicts itself: 239\.0\.0\.1 is an address of IPv4/],
    ['c=IN IP5 239.0.0.1', /cannot be read/],
  ])('are of the family that is said: %s', (line, message) => {
    expect(() => parseSdp(sdp({ session: [line] }))).toThrow(message);
  });

  it('have no interface of another machine', () => {
    expect(parseSdp(sdp({ session: ['c=IN IP6 fe80::1%eth0'] })).address).toBe('fe80::1');
  });

  it('are filtered whatever the letters', () => {
    const filters = ['a=source-filter: INCL IN IP4 * 10.0.0.1', 'a=source-filter:Excl in ip4 * 10.0.0.2'];
    expect(parseSdp(sdp({ more: filters }))).toMatchObject({
      sources: ['10.0.0.1'],
      excludedSources: ['10.0.0.2'],
    });
  });
});

describe('what is not a description', () => {
  it('may have one in it, as an announcement has', () => {
    const announcement = Buffer.concat([
      ...[Buffer.from([0x20, 0, 0x12, 0x34, 192, 0, 2, 1]), Buffer.from('application/sdp\0')],
      Buffer.from(sdp().replaceAll('\n', '\r\n')),
    ]);
    const read = () => parseSdp(announcement.toString('utf8'));
    expect(read).toThrow(SdpError);
    expect(read).toThrow(/has one in it: an announcement of SAP for instance/);
    expect(() => parseSdp('<html></html>')).toThrow(/it has no line v=0/);
  });

  it('is one leg of two, without a word', () => {
    const leg = (mid: string, last: number) => [
      ...[`m=audio 500${last} RTP/AVP 97`, `c=IN IP4 233.252.0.3${last}/64`, 'a=rtpmap:97 L24/48000/2'],
      `a=mid:${mid}`,
    ];
    const text = ['v=0', 's=x', 'a=group:DUP one two', ...leg('one', 4), ...leg('two', 6), ''].join('\n');
    expect(parseSdp(text)).toMatchObject({
      ...{ address: '233.252.0.34', port: 5004 },
      warnings: ['this is one leg of a stream that is sent twice (a=group:DUP): two is not received'],
    });
  });
});

describe('a description that is made', () => {
  const stream = {
    ...({ encoding: 'L24', rate: 48_000, channels: 2, payloadType: 96, packetFrames: 48 } as const),
    ...{ address: '239.0.0.1', port: 5004 },
  };

  it('says nothing of interfaces', () => {
    const text = describeStream({
      ...stream,
      address: 'ff02::1%lo',
      origin: 'fe80::1%lo',
      sourceFilter: true,
    });
    expect(text).not.toContain('%');
    expect(parseSdp(text)).toMatchObject({ address: 'ff02::1', sources: ['fe80::1'] });
  });

  it('filters sources only where that is asked for, and there is one', () => {
    expect(describeStream({ ...stream, origin: '10.0.0.1' })).not.toContain('source-filter');
    expect(describeStream({ ...stream, origin: '10.0.0.1', sourceFilter: true })).toContain(
      'a=source-filter: incl IN IP4 239.0.0.1 10.0.0.1\r\n',
    );
    expect(() => describeStream({ ...stream, sourceFilter: true })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
    const unicast = { ...stream, address: '10.0.0.2', origin: '10.0.0.1' };
    expect(() => describeStream({ ...unicast, sourceFilter: true })).toThrow(
      'sourceFilter must be left out for 10.0.0.2, which is no group',
    );
    expect(describeStream({ ...unicast, sourceFilter: false })).not.toContain('source-filter');
  });

  it('says of the clocks what it is told, and nothing that no clock is', () => {
    const referenceClock = 'ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0';
    const text = describeStream({ ...stream, referenceClock, mediaClock: { kind: 'direct', offset: 0 } });
    expect(text).toContain(`a=ts-refclk:${referenceClock}\r\na=mediaclk:direct=0\r\n`);
    for (const offset of [1.5, -1, 2 ** 32]) {
      expect(() => describeStream({ ...stream, mediaClock: { kind: 'direct', offset } })).toThrow(
        expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
      );
    }
  });

  it.each([
    [6, '0.14'],
    [12, '0.27'],
    [16, '0.36'],
    [48, '1.09'],
    [192, '4.35'],
  ])('writes the time of %i frames at 44.1 kHz as AES67 does', (packetFrames, ptime) => {
    const text = describeStream({ ...stream, rate: 44_100, packetFrames });
    expect(text).toContain(`a=ptime:${ptime}\r\n`);
    expect(parseSdp(text).packetFrames).toBe(packetFrames);
  });
});
