// `utimer create` on a real kernel: programs in C and of the shell have its timer.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listTimers, TimerInstance, timerInfo, UserTimer, userTimerId } from '../../../lib/index.js';
import { Child, endAll } from '../bridge/support.js';
import { findPrograms } from '../conformance/programs.js';
import { withFolder } from '../setup.js';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

let native: string;
let folder: string;
beforeAll(async () => {
  ({ native } = await findPrograms());
}, 180_000);
withFolder('create', (made) => {
  folder = made;
});
afterEach(endAll);

const userTimers = () =>
  listTimers().filter(({ timerId }) => timerId.class === 'global' && timerId.device === 4);

/** A shell that says what it was given, waits for a line, and goes on. */
const saying = (then: string) => [
  ...['sh', '-c', `echo "$ALSA_UTIMER_ID $ALSA_UTIMER_SOURCE $ALSA_UTIMER_FD"; read line; ${then}`],
];

async function told(child: Child) {
  const [id, source, descriptor] = (await child.line()).split(' ');
  return { id: Number(id), source, descriptor };
}

describe('utimer create', () => {
  it('lets a program in C tick the timer, which is gone when that ends', async () => {
    const ticks = 300;
    const child = Child.utimer(
      ...['create', '--rate', '44.1k', '--period', '441', '--'],
      ...saying(`exec ${native} inherited ${ticks}`),
    );
    const { id, source, descriptor } = await told(child);
    expect([source, descriptor]).toEqual([`-1.4.${id}`, '3']);
    expect(timerInfo(userTimerId(id)).resolutionNs).toBe(10_000_000n);
    using instance = TimerInstance.open(userTimerId(id));
    instance.start();
    child.process.stdin?.write('go\n');
    let counted = 0;
    for await (const event of instance) if (event.type === 'tick') counted += event.count;
    expect(counted).toBe(ticks);
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
    expect([child.stderr, JSON.parse(child.lines.at(-1) as string)]).toEqual(['', { timers: 1 }]);
    expect(userTimers()).toEqual([]);
  });

  it('is heard by `utimer listen`, and by listeners that came before it where it takes a certain id', async () => {
    const child = Child.utimer('create', '--timer', '5', '--', ...saying(`exec ${native} inherited 20`));
    expect(await told(child)).toMatchObject({ id: 5, source: '-1.4.5' });
    const heard = Child.utimer('listen', '--json', '5');
    await heard.line((line) => JSON.parse(line).type === 'listening');
    child.process.stdin?.write('go\n');
    expect(await heard.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(heard.lines.at(-1) as string)).toEqual({ type: 'summary', ticks: 20, reason: 'end' });
    expect(await child.ended).toMatchObject({ code: 0 });
  });

  it('keeps the timer when the program closes its descriptor', async () => {
    const child = Child.utimer('create', '--', 'sh', '-c', 'exec 3>&-; echo "$ALSA_UTIMER_ID"; read line');
    const id = userTimerId(Number(await child.line()));
    expect(timerInfo(id).clients).toBe(0);
    child.process.stdin?.end('go\n');
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(() => timerInfo(id)).toThrow(/ENODEV/);
  });

  it.each([
    ['exit 7', 7],
    ['kill -KILL $$', 137],
  ])('exits as a program that does %j', async (line, code) => {
    const child = Child.utimer('create', '--', 'sh', '-c', line);
    expect(await child.ended).toMatchObject({ code, signal: null });
    expect([child.stderr, userTimers()]).toEqual(['', []]);
  });

  it('exits with 127 for a program that does not exist, and with 126 for one that may not be run', async () => {
    const data = join(folder, 'data');
    writeFileSync(data, '');
    chmodSync(data, 0o644);
    const [absent, forbidden] = [Child.utimer('create', '--', 'no-such'), Child.utimer('create', '--', data)];
    expect(await absent.ended).toMatchObject({ code: 127 });
    expect(absent.stderr).toBe("utimer create: 'no-such' is no command: it is in no folder of the PATH\n");
    expect(await forbidden.ended).toMatchObject({ code: 126 });
    expect(forbidden.stderr).toBe(`utimer create: '${data}' cannot be run: permission denied\n`);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'passes %s on, and ends when the program does',
    async (signal) => {
      const code = `process.on('${signal}', () => { console.log('told'); process.stdin.on('data', () => process.exit(42)); });
      process.stdin.resume(); console.log(process.env.ALSA_UTIMER_ID);`;
      const child = Child.utimer('create', '--', process.execPath, '--eval', code);
      const id = userTimerId(Number(await child.line()));
      child.process.kill(signal);
      await child.line((line) => line === 'told');
      // The program may take its time.
      expect(timerInfo(id).clients).toBe(0);
      child.process.stdin?.write('go\n');
      expect(await child.ended).toMatchObject({ code: 42, signal: null });
      expect(userTimers()).toEqual([]);
    },
  );

  it('leaves the keys of a terminal to that: the program is told once', async () => {
    const code = `let times = 0;
      process.on('SIGINT', () => { times += 1; console.log(\`told \${times}\`); });
      process.on('SIGTERM', () => process.exit(40 + times));
      setInterval(() => {}, 1e9);
      console.log(\`ready \${process.ppid}\`);`;
    writeFileSync(join(folder, 'told.cjs'), code);
    const onTerminal = 'exec script --quiet --flush --return --command "exec $0 $*" /dev/null';
    const command = [main, 'create', '--', process.execPath, join(folder, 'told.cjs')];
    const child = new Child(command, ['sh', '-c', onTerminal]);
    const [, parent] = /ready (\d+)/.exec(await child.line((text) => text.includes('ready'))) ?? [];
    child.process.stdin?.write('\x03');
    await child.line((text) => text.includes('told 1'));
    // A second SIGINT would reach the program before this.
    process.kill(Number(parent), 'SIGTERM');
    expect(await child.ended).toMatchObject({ code: 41 });
  });
});

describe('utimer create without a program', () => {
  it('holds a timer until it is interrupted', async () => {
    const child = Child.utimer('create', '--json', '--resolution', '2.5ms');
    const { timer, ...facts } = JSON.parse(await child.line());
    expect(facts).toEqual({ timerSource: `-1.4.${timer}`, resolutionNs: '2500000' });
    expect(timerInfo(userTimerId(timer)).resolutionNs).toBe(2_500_000n);
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
    expect(() => timerInfo(userTimerId(timer))).toThrow(/ENODEV/);
  });

  it('says what to do with it, and stays without a reader', async () => {
    const child = Child.utimer('create', '--timer', '9');
    expect(await child.line()).toBe('timer 9; to let it clock a cable that is opened after that:');
    expect(await child.line(() => true, 1)).toBe('  utimer loopback point 9');
    child.process.stdout?.destroy();
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
  });

  it('says who has the id that it is to take', async () => {
    using taken = UserTimer.create({ resolutionNs: 1_000_000n });
    const child = Child.utimer('create', '--timer', String(taken.id));
    expect(await child.ended).toMatchObject({ code: 1 });
    expect(child.stderr).toMatch(/^utimer create: The userspace-driven timer \d+ exists already\. /);
  });
});
