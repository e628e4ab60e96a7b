/** What of a loopback card its users can change by controls. */
import { controlDevice } from '../device-nodes.js';
import type { CheckedCard } from '../doctor/machine.js';
import { native } from '../native/load.js';

/** SNDRV_CTL_ELEM_IFACE_PCM. */
const INTERFACE_PCM = 3;
/** What `modprobe snd-aloop` gives them. */
const DEFAULTS = { 'PCM Notify': 0, 'PCM Rate Shift 100000': 100_000 };
/** The cases use the first three substreams. */
const SUBSTREAMS = 3;

/**
 * What of a card the cases would find otherwise than they expect it.
 *
 * @throws AlsaError of the control device
 */
export function differencesOf(card: CheckedCard): string[] {
  const substreams = card.substreams();
  if (substreams < SUBSTREAMS) return [`it has ${substreams} substreams instead of 8`];
  const control = native().openControl(controlDevice(card.number));
  try {
    return Object.entries(DEFAULTS).flatMap(([name, value]) => {
      const seen = [0, 1].flatMap((device) =>
        Array.from({ length: substreams }, (_, substream) =>
          control.read(control.find(INTERFACE_PCM, device, substream, name)),
        ),
      );
      const other = seen.find((one) => one !== value);
      return other === undefined ? [] : [`${name} is ${other} instead of ${value}`];
    });
  } finally {
    control.close();
  }
}
