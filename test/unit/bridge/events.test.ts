// What becomes of the events of a bridge in a line of JSON.
import { describe, expect, it } from 'vitest';
import { toJsonLine } from '../../../lib/bridge/index.js';
import { AlsaError } from '../../../lib/index.js';

describe('A line of JSON', () => {
  it('of an error has all that the error says, and where the documents say more', () => {
    const error = new AlsaError('It does not move', { code: 'ERR_STALLED', hint: 'Close both ends.' });
    expect(error.help).toMatch(/docs\/symptoms\.md#err_stalled$/);
    expect(JSON.parse(toJsonLine({ type: 'error', error }))).toEqual({
      type: 'error',
      name: 'AlsaError',
      message: 'It does not move. Close both ends.',
      code: 'ERR_STALLED',
      hint: 'Close both ends.',
      help: error.help,
    });
  });

  it('of an error of the system has its errno and call', () => {
    const error = Object.assign(new Error('bind EADDRINUSE'), {
      ...{ code: 'EADDRINUSE', errno: -98, syscall: 'bind' },
    });
    expect(JSON.parse(toJsonLine({ type: 'error', error }))).toEqual({
      ...{ type: 'error', name: 'Error', message: 'bind EADDRINUSE' },
      ...{ code: 'EADDRINUSE', errno: -98, syscall: 'bind' },
    });
  });
});
