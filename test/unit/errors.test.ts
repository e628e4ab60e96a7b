// What an error shows.
import { constants } from 'node:os';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { systemError, withHint } from '../../lib/errors.js';
import { AlsaError } from '../../lib/index.js';

it('shows what it has, and nothing that it has not', () => {
  const bare = new AlsaError('it went wrong', { code: 'EODD' });
  expect(Object.keys(bare).sort()).toEqual(['code', 'name']);
  expect(inspect(bare)).toMatch(/^AlsaError: it went wrong\n.* \{\n {2}code: 'EODD'\n\}$/s);
  expect(inspect(bare)).not.toContain('undefined');
  const { errno, syscall, path, hint } = bare;
  expect([errno, syscall, path, hint]).toEqual([undefined, undefined, undefined, undefined]);

  const whole = systemError(constants.errno.ENOENT, 'open', '/dev/snd/timer', 'Load it.');
  expect(inspect(whole)).not.toContain('undefined');
  expect({ ...whole }).toEqual({
    name: 'AlsaError',
    code: 'ENOENT',
    errno: -constants.errno.ENOENT,
    syscall: 'open',
    path: '/dev/snd/timer',
    hint: 'Load it.',
    help: whole.help,
  });
  expect(inspect(withHint(bare, 'Open another one.'))).not.toContain('undefined');
});
