// Every error with a hint leads to its row of docs/symptoms.md. `vitest run --project unit test/unit/symptoms.test.ts -u`
// renews the tables of the page after a change of lib/hints.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AlsaError, systemError } from '../../lib/errors.js';
import { hintTables } from '../support/hint-tables.js';
import { anchorsIn } from '../support/markdown-links.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = join(root, 'docs/symptoms.md');
const HEADING = '## Errors of system calls\n\n';

const ENOTTY = 25;
const EPIPE = 32;
const EXDEV = 18;

describe('The page of symptoms', () => {
  it('has the hints of lib/hints.ts, each behind an anchor of its own', async () => {
    const [head = ''] = readFileSync(path, 'utf8').split(HEADING);
    const tables = hintTables();
    const anchors = [...tables.matchAll(/<a id="([^"]*)">/g)].map(([, anchor]) => anchor);
    expect(anchors.length).toBeGreaterThan(50);
    expect(new Set(anchors).size).toBe(anchors.length);
    await expect(`${head}${HEADING}${tables}`).toMatchFileSnapshot(path);
  });

  it("has each of this library's own codes, and no other", () => {
    // Those that say by themselves which argument is wrong, and how, are explained together.
    const arguments_ = /^ERR_(INVALID_ARG|INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/;
    const codes = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap(
        (file) => readFileSync(join(root, 'lib', file), 'utf8').match(/(?<=['"])ERR_\w+(?=['"])/g) ?? [],
      );
    const nodes = /^ERR_(ACCESS_DENIED|DLOPEN_DISABLED)$/;
    const own = codes.filter((code) => !arguments_.test(code) && !nodes.test(code));
    const wanted = new Set(own.map((code) => code.toLowerCase()));
    const there = [...anchorsIn(root, 'docs/symptoms.md')].filter((anchor) => anchor.startsWith('err_'));
    expect(there.sort()).toEqual([...wanted].sort());
  });
});

describe('The help of an error', () => {
  it.each([
    [
      'a timer that this kernel does not have',
      systemError(ENOTTY, 'ioctl SNDRV_TIMER_IOCTL_CREATE'),
      'timer-create-enotty',
    ],
    [
      'frames of either access',
      systemError(EPIPE, 'ioctl SNDRV_PCM_IOCTL_WRITEN_FRAMES', 'hw:0,0,0'),
      'pcm-write-epipe',
    ],
    ['a code of this library', new AlsaError('no', { code: 'ERR_CABLE_CLOCK' }), 'err_cable_clock'],
  ])('leads to the row of the page: %s', (_, { help = '' }, anchor) => {
    expect(help).toBe(`${path}#${anchor}`);
    expect(anchorsIn(root, 'docs/symptoms.md')).toContain(anchor);
  });

  it('is left out where there is no hint', () => {
    expect(systemError(EXDEV, 'ioctl SNDRV_TIMER_IOCTL_CREATE').help).toBeUndefined();
    expect(new AlsaError('no', { code: 'ENOENT' }).help).toBeUndefined();
  });
});
