/** Classes whose objects a function of the class makes: `new` is refused in words, to whom no compiler does so. */

/** What those functions give, and nobody else has. */
export const MADE = Symbol('made by a function of the class');

/**
 * For the first line of a constructor.
 *
 * @param given what it got first
 * @param instead the function to call, for instance 'UserTimer.create()'
 * @throws TypeError ERR_ILLEGAL_CONSTRUCTOR
 */
export function checkMade(given: unknown, instead: string): void {
  if (given === MADE) return;
  const [name] = instead.split('.');
  throw Object.assign(new TypeError(`${name} has no constructor to call: use ${instead}`), {
    code: 'ERR_ILLEGAL_CONSTRUCTOR',
  });
}
