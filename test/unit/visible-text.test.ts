// Text that others wrote does nothing to the terminal that shows it, nor to the shell that it is pasted into.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../lib/rtp/index.js';
import { shellLine, shellQuote } from '../../lib/shell-line.js';
import { visibleLines, visibleText } from '../../lib/visible-text.js';

describe('visibleText', () => {
  it('leaves text as it is, of any language', () => {
    for (const text of ['arecord', 'Bühne links', '録音', 'C:\\x', '🎚', ''])
      expect(visibleText(text)).toBe(text);
  });

  it('shows what a terminal would obey', () => {
    expect(visibleText('\x1b]0;OWNED\x07\nx')).toBe('\\x1b]0;OWNED\\x07\\nx');
    expect(visibleText('\x9b31m\x7f\0\r\t')).toBe('\\x9b31m\\x7f\\x00\\r\\t');
  });

  it('shows what changes the direction of writing, or ends a line elsewhere', () => {
    expect(visibleText('gpj.\u202eexe\u2028\u2066\u200f')).toBe('gpj.\\u202eexe\\u2028\\u2066\\u200f');
    expect(visibleText('\ud800')).toBe('\\ud800');
  });

  it('keeps lines and tabs where there are to be some', () => {
    expect(visibleLines('a\tb\r\nc\x1b\n')).toBe('a\tb\r\nc\\x1b\n');
  });
});

describe('A session description', () => {
  const text = (name: string, address: string) =>
    `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=${name}\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio 5004 RTP/AVP 96\r\na=rtpmap:96 L24/48000/2\r\n`;

  it('has a visible name, and is quoted visibly', () => {
    expect(parseSdp(text('\x1b]0;OWNED\x07Bühne', '239.0.0.1/32')).name).toBe('\\x1b]0;OWNED\\x07Bühne');
    expect(() => parseSdp(text('x', '\x1b[2J'))).toThrow('c= gives "\\x1b[2J"');
  });
});

describe('shellQuote', () => {
  const words = [
    'hw:0,1,0',
    "a'$(id)'b",
    'with blanks',
    '',
    '-x',
    'x=1',
    '=ls',
    '~',
    'a"b',
    'a\\b',
    '*',
    '`id`',
    '#a',
    '!',
  ];

  it.each(words)('makes a shell see %j', (word) => {
    expect(spawnSync('sh', ['-c', `printf %s ${shellQuote(word)}`], { encoding: 'utf8' }).stdout).toBe(word);
  });

  it('leaves what needs no quotes', () => {
    expect(shellLine('arecord', '-D', 'hw:0,1,0', '-c', 2, '--period-size=480', '/tmp/out.wav')).toBe(
      'arecord -D hw:0,1,0 -c 2 --period-size=480 /tmp/out.wav',
    );
  });

  it('does not make an assignment of a command', () => {
    expect(shellLine('A=b', 'c')).toBe("'A=b' c");
  });
});
