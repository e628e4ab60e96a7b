// What snd-aloop takes as the clock of its cables, what it tells of them, and what one side allows the other.
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { timerInfo } from '../../../lib/index.js';
import { CABLE, RESOLUTION, STREAM, useCard } from './cable.js';
import { raw, useTimers } from './raw.js';

const create = useTimers();
const cables = useCard();
const withCode = (code: string) => expect.objectContaining({ code });

const path = () => `/proc/asound/card${cables.card.number}/timer_source`;
const write = (text: string) => writeFileSync(path(), text);
const read = () => readFileSync(path(), 'utf8');
/** What a cable that is opened now gets: its timer, or the error. */
function opened(): string {
  try {
    using _playback = cables.playback();
    const timer = cables.card.cable(0, 0).timer;
    return timer ? `${timer.card} ${timer.device} ${timer.subdevice}` : 'jiffies';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
/** Lines about clients of userspace-driven timers in /proc/asound/timers. */
const clientLines = () =>
  /^G4:.*\n((?: {2}Client.*\n)*)/m.exec(readFileSync('/proc/asound/timers', 'utf8'))?.[1];

describe('timer_source', () => {
  it('A01 every form of it', () => {
    create({ resolutionNs: RESOLUTION, id: 0 });
    create({ resolutionNs: RESOLUTION, id: 31 });
    const { number, id } = cables.card;
    const table: Record<string, string> = {
      '-1.4.0': '-1 4 0',
      '-1,4,0': '-1 4 0',
      '-1.4,0': '-1 4 0',
      'hw:-1.4.0': '-1 4 0',
      'foo:-1.4.0': '-1 4 0',
      ':-1.4.0': '-1 4 0',
      '-1.4': '-1 4 0',
      '-1': '-1 0 0',
      '-1.3': '-1 3 0',
      ' -1.4.0': '-1 4 0',
      '-1.4.0x1f': '-1 4 31',
      '-1.4.+31': '-1 4 31',
      [`hw:${number},1,2`]: `${number} 1 2`,
      [`${id}.0.1`]: `${number} 0 1`,
      '': 'jiffies',
      '-1.4.08': 'EINVAL',
      '-1.4.': 'EINVAL',
      '-1..0': 'EINVAL',
      '-1. 4.0': 'EINVAL',
      '-1.4.0.1': 'EINVAL',
      '-1.4.0:x': 'EINVAL',
      'a:b:-1.4.0': 'EINVAL',
      Nobody: 'EINVAL',
      '-1.4.99999999999': 'ERANGE',
      '-1.4.128': 'ENODEV',
      '-1.4.-1': 'ENODEV',
      '-2.4.0': 'ENODEV',
    };
    const observed = Object.keys(table).map((source) => {
      write(`${source}\n`);
      return [source, opened()];
    });
    expect(Object.fromEntries(observed)).toEqual(table);
  });

  it('A01 as a parameter of the module: with a blank before it, EINVAL', async ({ skip }) => {
    skip(cables.isForeign, 'snd-aloop was loaded before, and would have to be unloaded');
    create({ resolutionNs: RESOLUTION, id: 0 });
    await cables.reload('timer_source=" -1.4.0"');
    expect(read()).toBe(' -1.4.0\n');
    expect(opened()).toBe('EINVAL');
    await cables.reload('timer_source=-1.4.0');
    expect(opened()).toBe('-1 4 0');
    await cables.reload();
  });

  it('A02 a number that begins with 0 is octal', () => {
    create({ resolutionNs: RESOLUTION, id: 8 });
    create({ resolutionNs: RESOLUTION, id: 10 });
    write('-1.4.010\n');
    expect(opened()).toBe('-1 4 8');
  });

  it('A03 is applied when the file is closed', () => {
    write('-1.4.1\n');
    const file = openSync(path(), 'w');
    writeSync(file, '-1.4.2\n');
    expect(read()).toBe('-1.4.1\n');
    closeSync(file);
    expect(read()).toBe('-1.4.2\n');
  });

  it('A04 is taken without a word when it is wrong; the open fails', () => {
    write('garbage\n');
    expect(read()).toBe('garbage\n');
    expect(opened()).toBe('EINVAL');
  });

  it('A05 keeps 63 bytes, without blanks around them; a newline is jiffies, and nothing changes nothing', () => {
    write(`${'x'.repeat(100)}\n`);
    expect(read()).toBe(`${'x'.repeat(63)}\n`);
    write('  -1.4.0 \t\n');
    expect(read()).toBe('-1.4.0\n');
    write('');
    expect(read()).toBe('-1.4.0\n');
    write('\n');
    expect(read().trim()).toBe('');
    expect(opened()).toBe('jiffies');
  });

  it('A06 beyond 16 KiB is EIO', () => {
    const file = openSync(path(), 'w');
    try {
      expect(writeSync(file, 'x'.repeat(16 * 1024))).toBe(16 * 1024);
      expect(() => writeSync(file, 'x')).toThrow(withCode('EIO'));
    } finally {
      closeSync(file);
    }
  });

  it('A07 may be read by everyone, and written by root', () => {
    process.seteuid?.(65_534);
    try {
      expect(read().trim()).toBe('');
      expect(() => openSync(path(), 'w')).toThrow(withCode('EACCES'));
    } finally {
      process.seteuid?.(0);
    }
  });

  it('A08 counts when the first side of a cable is opened', () => {
    const [first, second] = [create(), create()];
    const clients = () => [first, second].map((timer) => timerInfo(timer).clients);
    cables.card.setTimerSource(first);
    const capture = cables.capture();
    cables.card.setTimerSource(second);
    const playback = cables.playback();
    expect(cables.card.cable(0, 0).timer?.subdevice).toBe(first.id);
    expect(clients()).toEqual([1, 0]);
    capture.close();
    playback.close();
    cables.capture();
    expect(cables.card.cable(0, 0).timer?.subdevice).toBe(second.id);
    expect(clients()).toEqual([0, 1]);
  });

  it('A09 names a timer that must exist when a cable is opened, not before', () => {
    write('-1.4.77\n');
    expect(opened()).toBe('ENODEV');
    create({ resolutionNs: RESOLUTION, id: 77 });
    expect(opened()).toBe('-1 4 77');
  });

  it('A19 hrtimer is a clock of its own, or no source at all', async () => {
    write('hrtimer\n');
    const timer = opened();
    expect(['EINVAL', 'jiffies']).toContain(timer);
    // Older kernels look for a card of this name.
    if (timer === 'EINVAL') return;
    const observed = await cables.transcript(`
      capture c waits=1
      ready c
      start c
      read c 480
      state c`);
    expect(observed[3]).toBe('start c => ok');
    expect(observed[4]).toMatch(/^read c 480 => silent:\d+$/);
    expect(observed[5]).toBe('state c => running');
  });
});

describe('A cable', () => {
  it('A10 is one client of its timer, whichever sides are open', () => {
    const timer = create();
    cables.card.setTimerSource(timer);
    cables.capture();
    expect(timerInfo(timer).clients).toBe(1);
    expect(clientLines()).toBe('  Client Loopback : stopped\n');
    cables.playback();
    expect(timerInfo(timer).clients).toBe(1);
    expect(clientLines()).toBe('  Client Loopback : stopped\n');
  });

  it('A11 runs in the list of timers while a side of it runs', () => {
    cables.card.setTimerSource(create());
    const capture = cables.capture();
    capture.start();
    expect(clientLines()).toBe('  Client Loopback : running\n');
    capture.drop();
    expect(clientLines()).toBe('  Client Loopback : stopped\n');
  });

  it('A20 tells its state in bytes in cable#0', () => {
    const timer = create();
    cables.card.setTimerSource(timer);
    cables.capture().start();
    const playback = cables.playback();
    playback.write(new Uint8Array(3840));
    playback.start();
    timer.trigger();
    const text = readFileSync(`/proc/asound/card${cables.card.number}/cable#0`, 'utf8');
    const block = /^Cable 0 substream 0:\n((?: .*\n)*)/m.exec(text)?.[1] ?? '';
    const side = {
      buffer_size: '7680',
      buffer_pos: '1920',
      period_size: '1920',
      bytes_per_sec: '192000',
      sample_align: '4',
      rate_shift: '0',
      'sound timer': `hw:-1,4,${timer.id}`,
      'timer open': 'Capture',
    };
    const fields = (part: string) =>
      Object.fromEntries(
        [...part.matchAll(/^\s+([^:\n]+):\s+(.*)$/gm)].map(([, name, value]) => [name, value]),
      );
    const [head = '', ofPlayback = '', ofCapture = ''] = block.split(/^ {2}(?:Playback|Capture)\n/m);
    expect(fields(head)).toEqual({ valid: '3', running: '3', pause: '0' });
    // Nothing of the capture's buffer is known to be silent once something was copied to it.
    expect(fields(ofPlayback)).toEqual({ ...side, silent_size: '0' });
    expect(fields(ofCapture)).toEqual({ ...side, silent_size: '0' });
  });

  it('A14 leaves to its second side what the first, once prepared, has not decided: the buffer', async () => {
    const observed = await cables.transcript(`
      create t
      source t
      capture c
      ready c
      playback p
      refine p`);
    expect(observed.at(-1)).toMatch(
      /^refine p => format 2 rate 48000 channels 2 period_bytes 1920 buffer_bytes \d+\.\.\d+$/,
    );
  });

  it('A15 keeps its parameters until both sides are closed', () =>
    cables.converse(`
      create t
      source t
      capture c
      playback p
      ready c
      free c
      hw c rate=44100 => EINVAL
      hw p rate=44100 => EINVAL
      close c
      close p
      capture c
      hw c rate=44100`));

  it('A16 with two different sides does not capture', () =>
    cables.converse(`
      create t
      source t
      capture c
      playback p
      hw c
      hw p rate=44100
      prepare c
      prepare p
      start c => EIO
      state c => prepared`));
});

describe('The controls of a card', () => {
  it('A12 are seven for each capture substream, numbered in order', async () => {
    const names = [
      'PCM Rate Shift 100000',
      'PCM Notify',
      'PCM Slave Active',
      'PCM Slave Format',
      'PCM Slave Rate',
      'PCM Slave Channels',
      'PCM Slave Access Mode',
    ];
    const { number } = cables.card;
    const substreams = cables.card.substreams();
    const expected = [0, 1].flatMap((device) =>
      Array.from({ length: substreams }, (_, substream) =>
        names.map((name, index) => [
          String(7 * (device * substreams + substream) + index + 1),
          `${device},${substream} ${name}`,
        ]),
      ).flat(),
    );
    expect(await raw('elements', number)).toEqual(Object.fromEntries(expected));
  });

  it('A13 the rate shift does nothing to a cable with a timer', () =>
    cables.converse(`
      ${CABLE}
      control c shift 120000
      control c shift => 120000
      sw c stop=boundary
      trigger t 100
      position c => ${100 * STREAM.periodFrames}
      control c shift 100000`));

  it('A17 tell what plays when the playback starts, or only where nothing captures yet', async () => {
    const rate = 44_100;
    const observed = await cables.transcript(`
      create t ${(BigInt(STREAM.periodFrames) * 1_000_000_000n) / BigInt(rate)}
      source t
      capture c substream=1
      ready c rate=${rate}
      playback p substream=1
      ready p rate=${rate}
      write p 480
      subscribe c
      start p
      control c rate
      events c
      drop p`);
    const told = observed[10];
    // A stale value on older kernels: the capture was prepared before.
    const events = told === 'control c rate => 48000' ? 'active' : 'rate active';
    expect(['control c rate => 48000', 'control c rate => 44100']).toContain(told);
    expect(observed.slice(9)).toEqual(['start p => ok', told, `events c => ${events}`, 'drop p => ok']);
  });

  it('A18 with Notify a playback that is opened then chooses and the capture stops, or is bound as ever', async () => {
    const observed = await cables.transcript(`
      create t
      source t
      capture c substream=2
      control c notify 1
      ready c
      start c
      playback p substream=2
      ready p rate=44100
      write p 480
      start p
      state c
      control c notify 0`);
    const last = observed.slice(8, 12);
    if (last[0] === 'ready p rate=44100 => EINVAL') {
      expect(last[3]).toBe('state c => running');
    } else {
      expect(last.slice(0, 3)).toEqual(['ready p rate=44100 => ok', 'write p 480 => ok', 'start p => ok']);
      expect(last[3]).toMatch(/^state c => (setup|draining)$/);
    }
  });

  it('A21 the slave is active while the playback runs and is not paused, and each change is an event', () =>
    cables.converse(`
      ${CABLE}
      write p 960
      subscribe c
      start p
      control c active => 1
      events c => active
      pause p
      control c active => 0
      events c => active
      release p
      control c active => 1
      events c => active
      drop p
      control c active => 0
      events c => active`));
});
