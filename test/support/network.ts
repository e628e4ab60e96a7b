// The network of a guest: room for what a busy machine leaves for later, and two hosts.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** What a busy machine may leave for later, in a socket (bytes) and in a processor's queue (packets), before it drops some. */
const LIMITS = { rmem_max: 8 << 20, netdev_max_backlog: 100_000 };

/** Lets the network hold as much as comes. @returns what puts the limits back */
export function liftLimits(): () => void {
  const before = Object.entries(LIMITS).map(([name, limit]) => {
    const path = `/proc/sys/net/core/${name}`;
    const value = readFileSync(path, 'utf8');
    writeFileSync(path, String(limit));
    return [path, value] as const;
  });
  return () => {
    for (const [path, value] of before) writeFileSync(path, value);
  };
}

export const HOSTS = ['left', 'right'] as const;
export type Host = (typeof HOSTS)[number];

/** Two network namespaces with a cable between them: left0 has 10.77.0.1, right0 has 10.77.0.2, and groups go that way. */
export class TwoHosts {
  constructor() {
    for (const host of HOSTS) ip(`netns add ${host}`);
    this.connect();
  }

  /** Lays the cable, again where it was cut. */
  connect(): void {
    ip('link add left0 netns left type veth peer name right0 netns right');
    for (const [index, host] of HOSTS.entries()) {
      ip(`-n ${host} address add 10.77.0.${index + 1}/24 dev ${host}0`);
      ip(`-n ${host} link set lo up`);
      this.up(host);
    }
  }

  /** Takes it away, and the interfaces with it. */
  cut(): void {
    ip('-n left link delete left0');
  }

  down(host: Host): void {
    ip(`-n ${host} link set ${host}0 down`);
  }

  up(host: Host): void {
    ip(`-n ${host} link set ${host}0 up`);
    // A route goes with its interface.
    ip(`-n ${host} route add 239.0.0.0/8 dev ${host}0`);
  }

  /** What runs a command there. */
  at(host: Host): readonly string[] {
    return ['ip', 'netns', 'exec', host];
  }

  delete(): void {
    for (const host of HOSTS) ip(`netns delete ${host}`);
  }
}

/** Two hosts and a third one, `stage`, with a cable to each: packets are on their way for 0 to 2 ms at random, and overtake each other. */
export class StageAndHosts {
  constructor() {
    for (const name of ['stage', ...HOSTS]) ip(`netns add ${name}`);
    ip('-n stage link set lo up');
    for (const [index, host] of HOSTS.entries()) {
      ip(`link add ${host}1 netns stage type veth peer name ${host}0 netns ${host}`);
      ip(`-n stage address add 10.78.${index}.1/24 dev ${host}1`);
      ip(`-n ${host} address add ${this.addressOf(host)}/24 dev ${host}0`);
      ip(`-n stage link set ${host}1 up`);
      ip(`-n ${host} link set ${host}0 up`);
      ip(`-n ${host} link set lo up`);
      // Of each packet at random: uniform, 1 ms and up to 1 ms more or less.
      run('ip', `netns exec stage tc qdisc add dev ${host}1 root netem limit 100000 delay 1ms 1ms`);
    }
  }

  addressOf(host: Host): string {
    return `10.78.${HOSTS.indexOf(host)}.2`;
  }

  /** What runs a command there. */
  at(host: Host | 'stage'): readonly string[] {
    return ['ip', 'netns', 'exec', host];
  }

  delete(): void {
    for (const name of ['stage', ...HOSTS]) ip(`netns delete ${name}`);
  }
}

function ip(words: string): void {
  run('ip', words);
}

function run(program: string, words: string): void {
  execFileSync(program, words.split(' '), { stdio: 'pipe' });
}
