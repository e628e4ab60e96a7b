import { expect, it } from 'vitest';
import { datagramSource } from '../../../lib/net/socket.js';
import { AddressFilter } from '../../../lib/rtp/address-filter.js';
import { type RefusalEvent, Refusals } from '../../../lib/rtp/refusals.js';

function filterFor(sources: string[], excluded: string[]) {
  const refused: RefusalEvent[] = [];
  const filter = new AddressFilter(sources, excluded, new Refusals((event) => refused.push(event)));
  return { filter, refused, admits: (address: string) => filter.admits(datagramSource(address, 5004)) };
}

it('admits all addresses where none is named', () => {
  const { admits, filter } = filterFor([], []);
  expect([admits('10.0.0.1'), admits('fe80::1')]).toEqual([true, true]);
  expect(filter.filtered).toBe(0);
});

it('admits the sources alone, and names the option that would take others', () => {
  const { admits, filter, refused } = filterFor(['10.0.0.1', '10.0.0.2'], []);
  expect(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.3'].map(admits)).toEqual([true, true, false, false]);
  expect(filter.filtered).toBe(2);
  expect(refused).toEqual([
    {
      reason: 'filtered',
      came: 'a datagram from 10.0.0.3',
      expected: 'one from 10.0.0.1, 10.0.0.2',
      option: 'sources',
      value: '10.0.0.3',
    },
  ]);
});

it('admits no excluded address, though it is a source, and gives no advice for it', () => {
  const { admits, refused } = filterFor(['10.0.0.1'], ['10.0.0.1']);
  expect(admits('10.0.0.1')).toBe(false);
  expect(refused).toMatchObject([{ expected: 'one from elsewhere than 10.0.0.1', option: undefined }]);
});
