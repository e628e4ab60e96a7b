/**
 * The environment of tools of the system. An ordinary user of Debian, and `su` there, have no folder of theirs in the PATH: modinfo,
 * depmod and dkms would seem to be missing.
 */
const FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function toolEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...env, PATH: [env.PATH || '/usr/local/bin:/usr/bin:/bin', ...FOLDERS].join(':') };
}
