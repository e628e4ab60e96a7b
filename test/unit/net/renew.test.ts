// Groups are joined again where an interface was replaced, and left alone where none was.
import type * as os from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DatagramSocketHandle } from '../../../lib/native/binding.js';
import { setNative } from '../../../lib/native/load.js';
import { NativeSocket } from '../../../lib/net/native-socket.js';
import { FakeBinding, failedCall } from '../../support/fake-binding.js';

const machine = vi.hoisted(() => ({ interfaces: {} as object }));
vi.mock('node:os', async (original) => ({
  ...(await original<typeof os>()),
  networkInterfaces: () => machine.interfaces,
}));

const link = (scopeid: number) => ({
  lan0: [{ address: 'fe80::1', family: 'IPv6', scopeid, mac: '02:00:00:00:00:01', cidr: 'fe80::1/64' }],
});

/** A socket whose memberships the kernel forgets with their interface, as it does for IPv6: it keeps the entry. */
class Kernel extends FakeBinding {
  readonly calls: string[] = [];
  failing = false;

  override openDatagramSocket(): DatagramSocketHandle {
    const unused = () => {
      throw new Error('not expected');
    };
    const membership = (call: string) => (group: string) => {
      if (this.failing) throw failedCall(19, call);
      this.calls.push(`${call} ${group}`);
    };
    return {
      ...{ setReceiveBuffer: (bytes: number) => bytes, countsDrops: () => true },
      ...{ join: membership('join'), leave: membership('leave') },
      local: () => ({ address: 'ff05::7', port: 5004 }),
      ...{ listen: unused, close: unused, closed: () => false },
    };
  }
}

afterEach(() => setNative(undefined));

function open(address: string) {
  const kernel = new Kernel();
  setNative(kernel as never);
  machine.interfaces = link(2);
  const options = { address, port: 5004, interface: undefined, sources: [], receiveBufferBytes: 1 };
  return { kernel, socket: new NativeSocket(options) };
}

describe('An IPv6 group whose interface the kernel chose', () => {
  it('is left alone in silence, however long, while the interfaces stay what they are', () => {
    const { kernel, socket } = open('ff05::7');
    for (let seconds = 0; seconds < 60; seconds++) socket.renew();
    expect(kernel.calls).toEqual(['join ff05::7']);
  });

  it('is left and joined, once, where one of them was replaced by another of its name and address', () => {
    const { kernel, socket } = open('ff05::7');
    machine.interfaces = link(3);
    for (let seconds = 0; seconds < 60; seconds++) socket.renew();
    expect(kernel.calls).toEqual(['join ff05::7', 'leave ff05::7', 'join ff05::7']);
  });

  it('is joined as soon as it can be, where that failed', () => {
    const { kernel, socket } = open('ff05::7');
    machine.interfaces = {};
    kernel.failing = true;
    for (let seconds = 0; seconds < 3; seconds++) socket.renew();
    kernel.failing = false;
    for (let seconds = 0; seconds < 3; seconds++) socket.renew();
    expect(kernel.calls).toEqual(['join ff05::7', 'leave ff05::7', 'join ff05::7']);
  });
});
