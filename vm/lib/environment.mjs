// What a command in a guest finds in its environment.

const INHERITED = /^(PATH|HOME|TERM|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;

/**
 * @param {NodeJS.ProcessEnv} caller whose variables some are
 * @param {Readonly<Record<string, string>>} more
 * @returns {string[]} NAME=VALUE
 */
export function guestEnvironment(caller, more) {
  const inherited = Object.entries(caller).filter(([name]) => INHERITED.test(name));
  const own = { USER: 'root', LOGNAME: 'root', SHELL: '/bin/sh' };
  const env = { ...Object.fromEntries(inherited), ...own, ...more };
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
