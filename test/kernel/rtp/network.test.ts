// Groups on interfaces of every kind: IPv6, those without an address, and those that are taken away and made anew.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noise, receiverFor, senderTo } from '../../support/rtp-sockets.js';

const GROUP = '239.192.7.9';
/** The end of the cable that a sender has; the other end, `in1`, has no IPv4 address. */
const SENDER = '10.78.0.1';

const ip = (words: string) => execFileSync('ip', words.split(' '), { stdio: 'pipe' });
const sysctl = (setting: string) => execFileSync('sysctl', ['-qw', setting], { stdio: 'pipe' });

/** A cable whose two ends are here: what goes out at one comes in at the other. Ends when the sender's end is seen to run. */
async function connect(out = 'out0', into = 'in1', sender = SENDER): Promise<void> {
  ip(`link add ${out} type veth peer name ${into}`);
  for (const name of [out, into]) sysctl(`net.ipv6.conf.${name}.accept_dad=0`);
  // The source of what comes in is an address of this machine.
  for (const setting of ['accept_local=1', 'rp_filter=0']) sysctl(`net.ipv4.conf.${into}.${setting}`);
  ip(`address add ${sender}/24 dev ${out}`);
  for (const name of [out, into]) ip(`link set ${name} up`);
  await until(() => networkInterfaces()[out]?.some(({ address }) => address === sender) === true);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

/** Whether the source of the group is wanted on in1: /proc/net/mcfilter, net/ipv4/igmp.c. */
const isJoined = () => /in1\s+0xefc00709\s+0x0a4e0001/.test(readFileSync('/proc/net/mcfilter', 'utf8'));
const linkLocal = () => networkInterfaces().out0?.find(({ address }) => address.startsWith('fe80:'))?.address;

const SOCKETS = ['native', 'dgram'] as const;

beforeEach(async () => {
  sysctl('net.ipv4.conf.all.rp_filter=0');
  // Fewer than the interfaces that a test takes away: a socket must not keep memberships of those.
  sysctl('net.ipv4.igmp_max_memberships=3');
  await connect();
});
afterEach(() => {
  ip('link delete out0');
  sysctl('net.ipv4.igmp_max_memberships=20');
});

describe.each(SOCKETS)('A receiver with a %s socket', (socket) => {
  it('hears groups of IPv6 on the loopback interface, and the sources it was told', async () => {
    ip('link set lo multicast on');
    ip('-6 route add local ff00::/8 dev lo table local');
    try {
      for (const address of ['ff01::7:1', 'ff02::7:2', 'ff05::7:3']) {
        const { receiver, sink } = await receiverFor({
          ...{ socket, address, interface: 'lo', sources: ['0:0:0:0:0:0:0:1'] },
        });
        const sender = await senderTo(receiver, { interface: 'lo', localAddress: '::1' });
        const audio = noise(480);
        sender.write(audio);
        expect(await sink.holds(audio.length)).toEqual(audio);
      }
    } finally {
      ip('-6 route delete local ff00::/8 dev lo table local');
      ip('link set lo multicast off');
    }
  });

  it('hears a link-local group over the link that it was told, and no other', async () => {
    await until(() => linkLocal() !== undefined);
    const source = (linkLocal() as string).toUpperCase();
    const group = { socket, address: 'ff02::7:4', sources: [source] };
    const { receiver, sink } = await receiverFor({ ...group, interface: 'in1' });
    const { port } = receiver;
    const elsewhere = await receiverFor({ ...group, port, interface: 'lo' });
    const sender = await senderTo(receiver, { interface: 'out0' });
    const audio = noise(480);
    sender.write(audio);
    expect(await sink.holds(audio.length)).toEqual(audio);
    expect(receiver.stats().datagramsFiltered).toBe(0);
    expect(elsewhere.receiver.stats().packets).toBe(0);
  });
});

describe('A receiver', () => {
  it('joins at an interface without an IPv4 address', async () => {
    const { receiver, sink } = await receiverFor({ address: GROUP, interface: 'in1', socket: 'native' });
    const sender = await senderTo(receiver, { interface: 'out0', localAddress: SENDER });
    const audio = noise(480);
    sender.write(audio);
    expect(await sink.holds(audio.length)).toEqual(audio);
    await expect(receiverFor({ address: GROUP, interface: 'in1', socket: 'dgram' })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
  });

  it.each([GROUP, 'ff15::7:9'])(
    'of %s hears what comes in at its interface only, though another joined elsewhere',
    async (address) => {
      await connect('out2', 'in3', '10.78.2.1');
      try {
        const group = { address, socket: 'native' } as const;
        const here = await receiverFor({ ...group, interface: 'in1' });
        const { port } = here.receiver;
        const there = await receiverFor({ ...group, port, interface: 'in3' });
        const senders = {
          out0: await senderTo(here.receiver, { interface: 'out0' }),
          out2: await senderTo(here.receiver, { interface: 'out2' }),
        };
        // What was sent elsewhere before would have come before.
        const heard = { out0: Buffer.alloc(0), out2: Buffer.alloc(0) };
        for (const [seed, out] of (['out2', 'out0', 'out2'] as const).entries()) {
          const audio = noise(480, seed);
          senders[out].write(audio);
          heard[out] = Buffer.concat([heard[out], audio]);
          const { sink } = out === 'out0' ? here : there;
          expect(await sink.holds(heard[out].length)).toEqual(heard[out]);
        }
        expect(here.receiver.stats()).toMatchObject({ packets: 10, streams: 1, datagramsFiltered: 0 });
        expect(there.receiver.stats()).toMatchObject({ packets: 20, streams: 1, datagramsFiltered: 0 });
      } finally {
        ip('link delete out2');
      }
    },
  );

  it.each([
    ['native', 5],
    ['dgram', 3],
  ] as const)(
    'joins again for its sources, by a %s socket, when its interface was replaced %i times',
    async (socket, times) => {
      if (socket === 'dgram') ip('address add 10.79.0.1/24 dev in1');
      const { receiver, sink } = await receiverFor({
        ...{ socket, address: GROUP, interface: 'in1', sources: [SENDER], silenceMs: 10 },
      });
      const audio = noise(48);
      for (let i = 1; i <= times; i += 1) {
        await until(isJoined);
        const sender = await senderTo(receiver, { interface: 'out0', localAddress: SENDER });
        const silence = once(receiver, 'silence');
        // A new stream is followed when three of its packets agree.
        for (let packet = 0; packet < 3; packet += 1) sender.write(audio);
        await sink.holds(i * 3 * audio.length);
        sender.close();
        await silence;
        ip('link delete out0');
        await connect();
        if (socket === 'dgram') ip('address add 10.79.0.1/24 dev in1');
      }
      expect(receiver.stats()).toMatchObject({
        streams: times,
        packetsPlaced: times * 3,
        datagramsFiltered: 0,
      });
    },
  );

  it.each([
    ['native', 'ff15::7:9', 'in1'],
    ['native', 'ff02::7:9', 'in1'],
    ['native', 'ff15::7:9', undefined],
    ['dgram', 'ff15::7:9', 'in1'],
    ['dgram', 'ff15::7:9', undefined],
  ] as const)(
    'with a %s socket hears %s again when its interface was replaced, which was given as %s',
    async (socket, address, name) => {
      // Where the kernel is to choose it.
      const route = () => name ?? ip('-6 route add multicast ff15::/16 dev in1 table local metric 1');
      const joined = new RegExp(`in1 +${address.slice(0, 4)}0+70009 `);
      route();
      const { receiver, sink } = await receiverFor({
        ...{ socket, address, silenceMs: 10 },
        ...(name === undefined ? {} : { interface: name }),
      });
      const audio = noise(3 * 48);
      for (const times of [1, 2, 3]) {
        await until(() => joined.test(readFileSync('/proc/net/igmp6', 'utf8')));
        const sender = await senderTo(receiver, { interface: 'out0' });
        const silence = once(receiver, 'silence');
        sender.write(audio);
        await sink.holds(times * audio.length);
        await silence;
        ip('link delete out0');
        await connect();
        route();
      }
    },
  );
});

describe('A sender', () => {
  it.each([
    [GROUP, 'out0'],
    ['ff15::7:9', 'out0'],
    ['ff02::7:9%out0', undefined],
  ])('to %s goes on when its interface was replaced, which was given as %s', async (address, name) => {
    const group = { address: address.replace(/%.*/, ''), interface: 'in1' };
    const before = await receiverFor(group);
    const { port } = before.receiver;
    const sender = await senderTo(before.receiver, {
      address,
      ...(name === undefined ? {} : { interface: name }),
    });
    const audio = noise(48);
    sender.write(audio);
    expect(await before.sink.holds(audio.length)).toEqual(audio);
    before.receiver.close();
    for (const times of [1, 2]) {
      ip('link delete out0');
      await connect();
      const { packetsSent } = sender.stats();
      // It looks for the interface when a packet has failed.
      await until(() => {
        sender.write(audio);
        return sender.stats().packetsSent > packetsSent;
      });
      const after = await receiverFor({ ...group, port });
      const more = noise(48, times);
      sender.write(more);
      expect(await after.sink.holds(more.length)).toEqual(more);
      after.receiver.close();
    }
  });
});
