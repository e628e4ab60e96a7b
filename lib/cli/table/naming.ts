/** Errors of the library in the words of the command line. */

/**
 * Calls the library. Its errors name the library's options: to the user they are those of the command line.
 *
 * @param names the words for them
 */
export async function naming<T>(
  names: Readonly<Record<string, string>>,
  call: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
      error.message = error.message.replace(
        /options\.(\w+)|^(\w+)(\[\])?(?= must be )|(?<=, as )(\w+)(?= is\b)|(?<=`)(\w+)(?=`)/g,
        (text, option, first, _, other, quoted) => names[option ?? first ?? other ?? quoted] ?? text,
      );
    }
    throw error;
  }
}
