// What a report leaves out, and what it keeps.
import { expect, it } from 'vitest';
import { reportOf, withoutNames } from '../../../lib/doctor/report.js';

const NAMES = { user: 'ada', host: 'engine', home: '/home/ada' };

it.each([
  ['ada may not read /dev/snd/timer', '<user> may not read /dev/snd/timer'],
  ['adam may, and armada', 'adam may, and armada'],
  ['/home/ada/music on engine.local', '<home>/music on <host>.local'],
  ['eth0 has 192.168.1.17/24', 'eth0 has <address>/24'],
  ['fe80::1ff:fe23:4567:890a%eth0 and ff15::7:9', '<address> and <address>'],
  ['::1', '<address>'],
  ['aa:bb:cc:00:11:22', '<address>'],
  ['enxaabbcc001122: read by ioctl', 'enx<address>: read by ioctl'],
  ['USB card, serial: X1234-5', 'USB card, serial: <serial>'],
  // Versions, timers, devices and times are none.
  ['Linux 6.12.95-1-rt2, 6.12.95', 'Linux 6.12.95-1-rt2, 6.12.95'],
  ['card 0 names -1.4.7, hw:0,1,0', 'card 0 names -1.4.7, hw:0,1,0'],
  ['at 12:30 and 12:30:45', 'at 12:30 and 12:30:45'],
  ['ioctl PTP_SYS_OFFSET_PRECISE: Error::EIO', 'ioctl PTP_SYS_OFFSET_PRECISE: Error::EIO'],
])('leaves out the names and addresses of %o', (text, told) => {
  expect(withoutNames(text, NAMES)).toBe(told);
});

it('keeps the names that each machine has', () => {
  const names = { user: 'root', host: 'localhost', home: '/root' };
  expect(withoutNames('root on localhost, /root/x', names)).toBe('root on localhost, <home>/x');
});

it('takes names for text, whatever they hold', () => {
  expect(withoutNames('a.b-c(1) axb', { user: 'a.b-c(1)', host: 'x', home: '/$&' })).toBe('<user> axb');
});

it('has a line for each check, and what was advised where something is amiss', () => {
  const result = { why: 'It matters.', help: '/home/ada/docs/doctor.md#x', fixes: [] };
  expect(
    reportOf(
      [
        { ...result, id: 'addon', status: 'ok', seen: 'it loads', next: [] },
        {
          ...result,
          id: 'timer-rights',
          status: 'fail',
          seen: 'ada may not',
          next: ['$ sudo usermod -aG audio ada'],
        },
      ],
      '1.2.3',
      NAMES,
    ),
  ).toBe(`alsa-utimer 1.2.3
ok    addon            it loads
fail  timer-rights     <user> may not
      > $ sudo usermod -aG audio <user>`);
});
