// Who runs this, also where that is nobody.
import { expect, it, vi } from 'vitest';
import { thisUser } from '../../../lib/doctor/this-user.js';

const os = vi.hoisted(() => ({ userInfo: vi.fn(), homedir: vi.fn() }));
vi.mock('node:os', () => os);

it('has a name and a home folder', () => {
  os.userInfo.mockReturnValue({ username: 'ada' });
  os.homedir.mockReturnValue('/home/ada');
  expect(thisUser()).toEqual({ name: 'ada', uid: process.geteuid?.(), home: '/home/ada' });
});

it('has a number where containers give none', () => {
  for (const ask of [os.userInfo, os.homedir])
    ask.mockImplementation(() => {
      throw Object.assign(new Error('uv_os_get_passwd returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' });
    });
  expect(thisUser()).toEqual({ name: `${process.geteuid?.()}`, uid: process.geteuid?.(), home: '' });
});
