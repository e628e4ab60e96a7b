/** Channels of node:diagnostics_channel: for whoever watches a program that it did not write. */
import { type Channel, channel } from 'node:diagnostics_channel';

/** The name of a channel, as whoever subscribes gives it. */
export function channelName<Name extends string>(name: Name): `alsa-utimer:${Name}` {
  return `alsa-utimer:${name}`;
}

/** Those of one part of the library. `Messages` are by the names of the channels. */
export class Channels<Messages extends object> {
  readonly #channels: ReadonlyMap<string, Channel>;

  constructor(names: readonly (keyof Messages & string)[]) {
    this.#channels = new Map(names.map((name) => [name, channel(channelName(name))]));
  }

  readonly isObserved = (name: keyof Messages & string): boolean =>
    this.#channels.get(name)?.hasSubscribers ?? false;

  /** Tells whoever has subscribed; costs next to nothing where nobody has. */
  publish<Name extends keyof Messages & string>(name: Name, message: Messages[Name]): void {
    const told = this.#channels.get(name);
    if (told?.hasSubscribers) told.publish(message);
  }
}
