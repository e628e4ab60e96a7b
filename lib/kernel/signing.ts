/** Signing: whether a kernel takes unsigned modules, and the key of this machine for those that it does not. */
import { existsSync } from 'node:fs';
import { AlsaError } from '../errors.js';
import { readText } from '../text-file.js';
import type { SigningKey } from './module-plan.js';

/** Where DKMS keeps the key that it signs with. It makes one where there is none. */
const DKMS_KEY: SigningKey = { key: '/var/lib/dkms/mok.key', certificate: '/var/lib/dkms/mok.pub' };

/** Where the key of the owner of a machine is kept. On Ubuntu DKMS takes the first as well. */
const KEYS: readonly SigningKey[] = [
  { key: '/var/lib/shim-signed/mok/MOK.priv', certificate: '/var/lib/shim-signed/mok/MOK.der' },
  DKMS_KEY,
];

/** What a check of signatures looks at; tests have their own. */
export interface SigningFiles {
  read(path: string): string | undefined;
  exists(path: string): boolean;
}

const FILES: SigningFiles = { exists: existsSync, read: readText };

/** Why the running kernel takes signed modules only: 'is locked down (integrity)'; undefined where it takes others. */
export function signatureReason(read: (path: string) => string | undefined): string | undefined {
  const [, lock] = /\[(integrity|confidentiality)\]/.exec(read('/sys/kernel/security/lockdown') ?? '') ?? [];
  if (lock) return `is locked down (${lock})`;
  const isEnforced = read('/sys/module/module/parameters/sig_enforce')?.trim() === 'Y';
  return isEnforced ? 'was started with module.sig_enforce' : undefined;
}

/**
 * The key for a module, where the kernel asks for one.
 *
 * @throws AlsaError ERR_NO_SIGNING_KEY
 */
export function signingKey(files: SigningFiles = FILES): SigningKey | undefined {
  const reason = signatureReason(files.read);
  if (reason === undefined) return undefined;
  const known = knownKey(files);
  if (known) return known;
  const { key, certificate } = DKMS_KEY;
  throw new AlsaError(
    `The kernel ${reason}, so it takes signed modules only, and this machine has no key of its owner`,
    {
      code: 'ERR_NO_SIGNING_KEY',
      hint: `Make one: \`sudo openssl req -new -x509 -nodes -days 36500 -subj "/CN=$(hostname) modules" -newkey rsa:2048 -keyout ${key} -outform DER -out ${certificate}\`. ${enrolment(certificate, files)}`,
    },
  );
}

const knownKey = ({ exists }: SigningFiles): SigningKey | undefined =>
  KEYS.find(({ key, certificate }) => exists(key) && exists(certificate));

/** What makes the kernel trust the key of this machine, where it takes signed modules only; undefined where it takes others. */
export function trustSteps(files: SigningFiles = FILES): string | undefined {
  const reason = signatureReason(files.read);
  if (reason === undefined) return undefined;
  const { certificate } = knownKey(files) ?? DKMS_KEY;
  return `The kernel ${reason}, so it takes modules only that are signed with a key that it trusts. ${enrolment(certificate, files)}`;
}

/** How the owner of a machine makes its kernel trust a key. Firmware keeps these keys, and asks at the screen. */
function enrolment(certificate: string, { exists }: SigningFiles): string {
  if (!exists('/sys/firmware/efi'))
    return 'This machine was not started by UEFI, so no key can be enrolled: it takes a kernel that has the key built in, or one that does not ask for signatures.';
  return `\`mokutil --test-key ${certificate}\` tells whether the key is enrolled. If it is not: \`sudo mokutil --import ${certificate}\` asks for a password; start the machine anew, choose "Enroll MOK" on its screen, and give that password.`;
}
