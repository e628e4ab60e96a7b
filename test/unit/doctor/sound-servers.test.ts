// Sound servers that open cards by themselves, and the mark of udev that keeps them off.
import { expect, it } from 'vitest';
import { soundServers } from '../../../lib/doctor/sound-servers.js';
import { loopbackCard, machine } from './machine.js';

const processes = (...commands: string[]) =>
  Object.fromEntries(commands.map((command, index) => [`/proc/${700 + index}/comm`, `${command}\n`]));
const marked = (...properties: string[]) => ({
  '/run/udev/data/+sound:card1': properties.map((property) => `E:${property}\n`).join(''),
});

const found = (files: Readonly<Record<string, string>>) =>
  soundServers.run(machine({ files, cards: () => [loopbackCard('')] }));

it('says nothing of machines without one, and of servers that open what they are told', async () => {
  for (const commands of [[], ['node', 'pulseaudio-x'], ['pipewire', 'pipewire-pulse', 'jackd']])
    expect(await found(processes(...commands))).toMatchObject({ status: 'ok' });
});

it.each([
  ['wireplumber', 'ACP_IGNORE', 'PULSE_IGNORE', 'wireplumber'],
  ['pipewire-media-session', 'ACP_IGNORE', 'PULSE_IGNORE', 'pipewire-media-'],
  ['pulseaudio', 'PULSE_IGNORE', 'ACP_IGNORE', 'pulseaudio'],
])(
  'warns of %s unless %s marks the card, and gives a rule that does',
  async (server, own, other, command) => {
    expect(await found({ ...processes(command), ...marked('SOUND_INITIALIZED=1', `${own}=1`) })).toEqual({
      status: 'ok',
      seen: `${server} runs, and is kept off card 1`,
    });
    for (const marks of [{}, marked(`${other}=1`), marked(`${own}=0`)]) {
      const { status, seen, next = [] } = await found({ ...processes(command), ...marks });
      expect([status, seen]).toEqual(['warn', `${server} runs, and may open card 1`]);
      expect(next.join('\n')).toContain(`ENV{${own}}="1"`);
      expect(next.at(-1)).toContain(`\`systemctl --user restart ${server}\``);
    }
  },
);

it('names each server that is not kept off', async () => {
  const both = processes('pulseaudio', 'wireplumber');
  expect((await found(both)).seen).toBe('wireplumber, pulseaudio runs, and may open card 1');
  expect((await found({ ...both, ...marked('ACP_IGNORE=1') })).seen).toBe(
    'pulseaudio runs, and may open card 1',
  );
  expect((await found({ ...both, ...marked('ACP_IGNORE=1', 'PULSE_IGNORE=1') })).status).toBe('ok');
});
