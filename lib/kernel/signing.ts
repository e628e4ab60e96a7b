/** Signing: whether a kernel takes unsigned modules, and the key of this machine for those that it does not. */
import { existsSync } from 'node:fs';
import { AlsaError } from '../errors.js';
import { readText } from '../text-file.js';
import type { SigningKey } from './module-plan.js';

/** Where distributions and DKMS keep the key that the owner of a machine has enrolled. */
const KEYS: readonly SigningKey[] = [
  { key: '/var/lib/shim-signed/mok/MOK.priv', certificate: '/var/lib/shim-signed/mok/MOK.der' },
  { key: '/var/lib/dkms/mok.key', certificate: '/var/lib/dkms/mok.pub' },
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
  const known = KEYS.find(({ key, certificate }) => files.exists(key) && files.exists(certificate));
  if (known) return known;
  throw new AlsaError(
    `The kernel ${reason}, so it takes signed modules only, and this machine has no key of its owner`,
    {
      code: 'ERR_NO_SIGNING_KEY',
      hint: 'Make one and enroll it: `sudo update-secureboot-policy --new-key`, `sudo mokutil --import /var/lib/shim-signed/mok/MOK.der`, then start the machine anew.',
    },
  );
}
