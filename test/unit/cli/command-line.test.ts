// The command line of `utimer`: what it explains, and what it refuses, in words that say what to do.
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { naming } from '../../../lib/cli/table/naming.js';
import { systemError } from '../../../lib/errors.js';
import { utimer } from '../../support/utimer.js';

const LISTEN = [
  'bridge',
  '--listen',
  '127.0.0.1:5004',
  '--format',
  'L16',
  '--rate',
  '48k',
  '--channels',
  '2',
];
const SDP = ['bridge', '--sdp', 'a.sdp'];
const SHAPE = ['--sample-format', 'S16_LE', '--rate', '48000', '--channels', '2'];
const SEND = ['send', '--to', '127.0.0.1:5004'];

describe('utimer', () => {
  it.each([
    [['--help'], /^Usage: utimer COMMAND /],
    [['-h'], /^Usage: utimer COMMAND /],
    [['help'], /^Usage: utimer COMMAND /],
    [['help', 'send'], /^Usage: utimer send /],
    [['list', '--help'], /^Usage: utimer list /],
    [['listen', '-h'], /^Usage: utimer listen /],
    [['listen', '--bogus', '--help'], /^Usage: utimer listen /],
    [['loopback', '--help'], /^Usage: utimer loopback COMMAND /],
    [['loopback', 'load', '--help'], /^Usage: utimer loopback load /],
    [['help', 'loopback'], /^Usage: utimer loopback COMMAND [\s\S]*\n {2}loopback point +point a /],
    [['help', 'loopback', 'point'], /^Usage: utimer loopback point \[OPTION\]\.\.\. TIMER\n/],
    [['loopback', '-V'], /^\d+\.\d+\.\d+\n$/],
    [['help', '--help'], /^Usage: utimer help /],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['-V'], /^\d+\.\d+\.\d+\n$/],
    [['bridge', '--version'], /^\d+\.\d+\.\d+\n$/],
    [['send', '-V'], /^\d+\.\d+\.\d+\n$/],
  ])('answers %o', async (args, answer) => {
    const { code, stdout, stderr } = await utimer(...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(answer);
  });

  it.each([
    [[], 'a command is needed: list, listen, create, bridge'],
    [['lsten'], "unknown command 'lsten'; did you mean 'listen'?"],
    [['toString'], "unknown command 'toString'"],
    [['help', 'brigde'], "unknown command 'brigde'; did you mean 'bridge'?"],
    [['help', 'loopback', 'laod'], "unknown command 'laod'; did you mean 'load'?"],
    [['help', 'list', 'all'], "unknown command 'list all'"],
    [['loopback'], 'a command is needed: status, load, point, reset, unload'],
    [['loopback', 'pint', '5'], "unknown command 'pint'; did you mean 'point'?"],
    [['loopback', '--hlep'], "unknown option '--hlep'; did you mean '--help'?"],
    [['loopback', 'point'], 'TIMER is needed, for instance 5'],
    [['loopback', 'load', '--substreams', '9'], '--substreams must be a whole number of 1..8, not 9'],
    [['loopback', 'reset', '5'], 'unexpected argument 5'],
    [['selftest', 'R17'], "unexpected argument 'R17'"],
    [['selftest', '--list', '--may-crash'], '--list cannot be given with --may-crash'],
    [['selftest', '--only', 'Z99'], "no case is called 'Z99': `utimer selftest --list` shows all"],
    [['--hlep'], "unknown option '--hlep'; did you mean '--help'?"],
    [['list', 'all'], "unexpected argument 'all'"],
    [['list', '-json'], "unknown option '-json'; did you mean '--json'?"],
    [['list', '--json=1'], '--json takes no value'],
    [['listen'], 'TIMER is needed, for instance -1.4.0'],
    [['listen', '-1.4.0', '-1.4.1'], 'unexpected argument '],
    [['listen', '-1.4.0', '--json', '-1.4.1'], 'unexpected argument '],
    [['listen', '-2.4.0'], "'-2.4.0' is not a timer"],
    [['listen', '128'], '128 is not a timer'],
    [['listen', '-1.4.0', '--count', '0'], '--count must be a whole number of 1 or more, not 0'],
    [['listen', '-1.4.0', '--count', 'ten'], "--count must be a whole number of 1 or more, not 'ten'"],
    [['listen', '-1.4.0', '--count'], '--count needs a value: --count N'],
    [['listen', '-1.4.0', '--count', '--json'], "--count needs a value, and '--json' looks like an option"],
    [['listen', '-1.4.0', '--timeout='], '--timeout is empty'],
    [['listen', '--timeout', '-1', 'hrtimer'], '--timeout must be a time, as 1s, 500ms or 20 (ms), not -1'],
    [['listen', '--count', '-1.4.0', 'hrtimer'], "--count must be a whole number of 1 or more, not '-1.4.0'"],
    [['listen', '-1.4.0', '--events', 'tick', '--events', 'tick'], '--events is given twice'],
    [['listen', '-1.4.0', '--json', '--json'], '--json is given twice'],
    [['listen', '-1.4.0', '--plain', '--events', 'start'], '--events cannot be given with --plain'],
    [['listen', '-1.4.0', '--events', 'tick,tock'], "or master-resume, not 'tock'; did you mean 'tick'?"],
    [['listen', '-1.4.0', '--ticks', '2'], '--ticks must be 1'],
    [['bridge'], 'either --sdp or --listen is needed'],
    [['bridge', '--listen', '127.0.0.1:5004'], '--listen needs --format, --rate and --channels'],
    [['bridge', '--listen', '5004'], "--listen must be like '239.0.0.1:5004' or '[ff02::1]:5004', not 5004"],
    [['bridge', '--listen', '[::1]:70000'], 'the port of --listen must be a whole number of 0..65535'],
    [[...SDP, '--stats', '1'], "--stats must be 0 or a time of 10ms..24h, not '1ms'"],
    [[...SDP, '--stats', 'often'], "--stats must be a time, as 1s, 500ms or 20 (ms), not 'often'"],
    [[...SDP, '--stats', '0.4ms'], "--stats must be 0 or a time of 10ms..24h, not '0.4ms'"],
    [[...SDP, '--stats', '9.9ms'], "--stats must be 0 or a time of 10ms..24h, not '9.9ms'"],
    [[...SDP, '--stats', '86400.0004s'], '--stats must be 0 or a time of 10ms..24h'],
    [[...SDP, '--idle', 'die'], "--idle must be silence or stall, not 'die'"],
    [[...SDP, '--idle', 'silnce'], "not 'silnce'; did you mean 'silence'?"],
    [[...SDP, '--ptime', '1'], '--ptime cannot be given with --sdp'],
    [[...SDP, '--payload-type', '128'], '--payload-type must be a whole number of 0..127, not 128'],
    [[...LISTEN, '--takeover', '10001'], "--takeover must be a time of 0..10s, not '10001ms'"],
    [[...LISTEN, '--stream', '1'], '--stream is for --sdp'],
    [[...LISTEN, '--ptime', '0.001'], '--ptime must be at least one frame'],
    [[...LISTEN, '--ptime', 'short'], '--ptime must be a time'],
    [[...LISTEN, '--max-waiting', '4800'], '--max-waiting is for --unheard wait'],
    [[...LISTEN, '--unheard', 'wait', '--max-waiting', '10'], ' --max-waiting must be'],
    [[...LISTEN, '--idle', 'stall', '--grace', '10'], '--grace is for --idle silence'],
    [[...LISTEN, '--grace', '1.5'], "--grace must be a whole number of ms, not '1.5ms'"],
    [[...LISTEN, '--link-offset', '3'], '--link-offset is for --clock'],
    [[...LISTEN, '--mediaclk', 'direct=0'], '--mediaclk is for --clock'],
    [[...LISTEN, '--clock', 'packets', '--link-offset', '3'], ' --link-offset must be left out with clock'],
    [[...LISTEN, '--clock', 'arrival', '--mediaclk', 'direct=0'], '--clock is arrival'],
    [[...LISTEN, '--clock', 'tai', '--mediaclk', 'direct=x'], '--mediaclk must be sender, direct'],
    [
      [...LISTEN, '--clock', 'tai', '--mediaclk', 'sender'],
      " --clock must be 'arrival' or 'packets' for a stream",
    ],
    [[...LISTEN, '--clock', 'tai', '--grace', '10'], ' --grace must be left out with a clock'],
    [[...LISTEN, '--clock', 'tai', '--unheard', 'wait'], " --unheard must be 'drop' with a clock"],
    [[...LISTEN, '--clock', 'tai', '--reorder', '8'], ' --reorder must be left out with a clock'],
    [[...LISTEN, '--reorder', '1025'], '--reorder must be a whole number of 0..1024, not 1025'],
    [[...LISTEN, '--reorder-time', '-1'], '--reorder-time must be a time'],
    [
      [...LISTEN, '--buffer', '2MB'],
      "--buffer must be 1..2147483647 bytes, as 1000000, 512KiB or 2MiB, not '2MB'",
    ],
    [[...LISTEN, '--ssrc', '0x100000000'], '--ssrc must be 0..4294967295, or 0x and hexadecimal'],
    [[...LISTEN, '--timer', '128'], '--timer must be a userspace-driven timer, 0..127 or -1.4.N, not 128'],
    [
      [...LISTEN, '--timer', '-1.3.0'],
      "--timer must be a userspace-driven timer, 0..127 or -1.4.N, not '-1.3.0'",
    ],
    [[...LISTEN, '--source', 'localhost'], ' --source must be'],
    [[...LISTEN, '--source', '::1'], '--source must be an IPv4 address, as --listen is'],
    [[...LISTEN, '--period', '7'], ' --period must be an integer of 16..'],
    [[...LISTEN, '--period', '10ms'], "--period must be a whole number of 1..1048576, not '10ms'"],
    [['send', 'a.wav'], '--to ADDRESS:PORT is needed'],
    [['send', '--to', '127.0.0.1:0', 'a.wav'], 'the port of --to must be a whole number of 1..65535, not 0'],
    [['send', '--to', 'localhost:5004', ...SHAPE, '/dev/null'], ' --to must be an IPv4 or IPv6 address'],
    [['send', '--to', '239.0.0.1:5004', '--interface', 'no0', ...SHAPE, '-'], ' --interface must be'],
    [['send', '--to', '[fe80::1]:5004', ...SHAPE, '-'], 'name the interface as in [fe80::1%eth0]:5004'],
    [[...SEND, '--ptime', '900', ...SHAPE, '-'], ' --ptime 900 does not fit'],
    [[...SEND, '--sdp-out', '-', '--origin', 'me', ...SHAPE, '-'], ' --origin must be'],
    [[...SEND, '--period', '7', '--card', '0', ...SHAPE], ' --period must be'],
    [[...SEND], 'either one FILE (- for stdin) or --card is needed'],
    [[...SEND, '--card', '0', 'a.wav'], 'either one FILE (- for stdin) or --card is needed'],
    [[...SEND, 'a.wav', 'b.wav'], "unexpected argument 'b.wav'"],
    [[...SEND, 'package.json'], '--sample-format, --rate and --channels are needed'],
    [[...SEND, '--ptime', 'long', 'a.wav'], '--ptime must be a time'],
    [
      [...SEND, '--rate', '48000', 'a.wav'],
      '--rate cannot be given with a.wav, which says its format itself',
    ],
    [[...SEND, '--device', '1', 'a.wav'], '--device is for --card'],
    [[...SEND, '--name', 'Stage', 'a.wav'], '--name is for --sdp-out or --json'],
    [['completion'], 'SHELL is needed'],
    [['completion', 'csh'], "SHELL must be bash, zsh or fish, not 'csh'; did you mean 'zsh'?"],
  ])('does not understand %o', async (args, message) => {
    const { code, stdout, stderr } = await utimer(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\nTry `utimer( [a-z]+){0,2} --help`\.\n$/);
  });

  it('says what to do in options of the command line', async () => {
    const failed = naming({ interface: '--interface' }, () => {
      throw systemError(constants.errno.ENODEV, 'setsockopt MCAST_JOIN_GROUP', 'the socket');
    });
    await expect(failed).rejects.toThrow('name one with `--interface`');
  });
});

describe('The wording of a refusal', () => {
  it.each([
    [['list', '--jsn'], "unknown option '--jsn'; did you mean '--json'?"],
    [[...LISTEN, '--card', '999'], "--card must be 0..255 or a card's id, not 999"],
    [['bridge', '--sdp', ''], '--sdp is empty'],
    [['listen', 'foo'], "'foo' is not a timer; `utimer list` shows them"],
    [
      ['bridge', '--listen', '[ff02::1]:5004', '--format', 'L16', '--rate', '48k', '--channels', '2'],
      'ff02::1 is link-local: name the interface with --interface eth0',
    ],
    [
      ['send', '--to', '[ff02::1]:5004', ...SHAPE, '-'],
      'ff02::1 is link-local: name the interface with --interface eth0',
    ],
    [[...SDP, '--rate', '48000'], '--rate cannot be given with --sdp'],
    [[...SDP, '--listen', '239.0.0.1:5004'], 'give --sdp or --listen, not both'],
    [
      [...SEND, '--ptime', '500', ...SHAPE, '/dev/null'],
      '--ptime 500 does not fit a datagram; at most 341 ms here',
    ],
    [
      ['bridge', '--sdp', 'rtsp://192.0.2.1/by-id/1'],
      "--sdp must be a path, or a URL that begins with file:, http: or https:, not 'rtsp://192.0.2.1/by-id/1'",
    ],
  ])('says what to do about %o', async (args, message) => {
    const { code, stdout, stderr } = await utimer(...args);
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', `utimer ${args[0]}: ${message}`]);
  });

  it('names a folder before anything is printed', async () => {
    expect(await utimer(...SEND, ...SHAPE, '/tmp')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'utimer send: /tmp is a directory\n',
    });
  });
});
