// The doctor on a machine that has all that is needed, and once something of that is gone.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CheckResult, diagnose } from '../../lib/doctor/index.js';
import { isUserDriven, listTimers, UserTimer } from '../../lib/index.js';
import { LoopbackCard } from '../../lib/loopback/index.js';
import { Child } from './bridge/support.js';

let card: LoopbackCard;
beforeEach(async () => {
  card = await LoopbackCard.load({ substreams: 1 });
});
afterEach(() => LoopbackCard.unload());

async function diagnosis(): Promise<Record<string, CheckResult>> {
  const results: CheckResult[] = [];
  for await (const result of diagnose()) results.push(result);
  return Object.fromEntries(results.map((result) => [result.id, result]));
}

it('tries a timer and a cable, and leaves the machine as it was', async () => {
  const before = card.timerSource();
  const results = await diagnosis();
  expect(Object.values(results).filter(({ status }) => status === 'fail')).toEqual([]);
  expect(results['timer-trial']?.seen).toMatch(/^timer \d+ ticked 10 times, and each tick was heard$/);
  expect(results['cable-trial']?.seen).toMatch(
    /^9600 frames were sent, and the same came out of hw:\d+,1,0$/,
  );
  expect(card.timerSource()).toBe(before);
  expect(card.holders()).toEqual([]);
  expect(listTimers().filter(({ timerId }) => isUserDriven(timerId))).toEqual([]);
});

it('is what the command prints', async () => {
  const child = Child.utimer('doctor', '--json');
  expect(await child.ended).toMatchObject({ code: 0 });
  const results = child.lines.map((line) => JSON.parse(line) as CheckResult);
  expect(results.at(-1)).toMatchObject({ id: 'cable-trial', status: 'ok' });
  expect(results.map(({ id }) => id)).toEqual(Object.keys(await diagnosis()));
});

it('names the timer_source that leads nowhere, and the timers that are all taken', async () => {
  card.setTimerSource('-1.4.99');
  expect((await diagnosis())['timer-source']).toMatchObject({
    ...{ status: 'warn', seen: `card ${card.number} names -1.4.99, which does not exist now` },
  });
  const all = Array.from({ length: 128 }, () => UserTimer.create({ resolutionNs: 1_000_000n }));
  try {
    const results = await diagnosis();
    expect(results['timers-taken']).toMatchObject({ status: 'fail', seen: '128 of 128 are taken' });
    expect(results['timer-trial']).toMatchObject({ status: 'skip' });
  } finally {
    for (const timer of all) timer.close();
  }
});

it('says that no card is loaded, and how to load one', async () => {
  await LoopbackCard.unload();
  try {
    const { 'loopback-card': found, 'timer-trial': timer, 'cable-trial': cable } = await diagnosis();
    expect(found).toMatchObject({ status: 'fail', next: ['$ sudo modprobe snd-aloop'] });
    expect([timer?.status, cable?.status]).toEqual(['ok', 'skip']);
  } finally {
    card = await LoopbackCard.load();
  }
});

it('loads the card when it is told to mend what it can', async () => {
  await LoopbackCard.unload();
  const asking = Child.utimer('doctor', '--fix');
  expect(await asking.ended).toMatchObject({ code: 2 });
  expect(LoopbackCard.list()).toEqual([]);
  const fixing = Child.utimer('doctor', '--fix', '--yes');
  expect(await fixing.ended).toMatchObject({ code: 0 });
  expect(fixing.lines).toContain('  $ modprobe snd-aloop');
  card = LoopbackCard.list()[0] as LoopbackCard;
  expect(card).toBeDefined();
});

it('reports without the names of the machine', async () => {
  const report = Child.utimer('doctor', '--report');
  expect(await report.ended).toMatchObject({ code: 0 });
  expect(report.lines[0]).toMatch(/^alsa-utimer \d+\.\d+\.\d+$/);
  expect(report.lines.at(-1)).toMatch(/^ok {4}cable-trial {6}9600 frames/);
});

it('has a kernel that makes timers as it is: nothing is to be installed, whether its configuration is known or not', async () => {
  const install = Child.utimer('kernel', 'install', '--dkms');
  expect(await install.ended).toMatchObject({ code: 0 });
  expect(install.lines).toEqual([expect.stringMatching(/^Linux .*: it needs no rebuilt module\.$/)]);
});
