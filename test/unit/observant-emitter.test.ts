// Handlers that come and go.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { ObservantEmitter } from '../../lib/observant-emitter.js';

class Emitter extends ObservantEmitter<{ news: [text: string]; error: [error: unknown] }> {
  readonly noticed: string[] = [];

  constructor(failure?: Error) {
    super(
      (type) => {
        this.noticed.push(`+${String(type)}`);
        if (failure && type === 'news') throw failure;
      },
      (type) => this.noticed.push(`-${String(type)}`),
    );
  }
}

it('are noticed, also behind removeAllListeners()', () => {
  const emitter = new Emitter();
  const handler = () => {};
  emitter.on('news', handler).removeAllListeners().once('news', handler).emit('news', 'heard');
  expect(emitter.noticed.filter((notice) => notice.endsWith('news'))).toEqual([
    '+news',
    '-news',
    '+news',
    '-news',
  ]);
});

it("never make on() throw: what goes wrong then comes as 'error', and the handler stays", async () => {
  const failure = new Error('no device');
  const emitter = new Emitter(failure);
  const heard: string[] = [];
  const failed = once(emitter, 'error');
  expect(emitter.on('news', (text) => heard.push(text))).toBe(emitter);
  expect(await failed).toEqual([failure]);
  emitter.emit('news', 'later');
  expect(heard).toEqual(['later']);
});
