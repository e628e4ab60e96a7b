/** Events that end with whoever tells them. */

/** Passes events on, and none any more once `isClosed`. Undefined where nobody is told. */
export function tellUntil<E>(
  isClosed: () => boolean,
  tell: ((event: E) => void) | undefined,
): ((event: E) => void) | undefined {
  return (
    tell &&
    ((event) => {
      if (!isClosed()) tell(event);
    })
  );
}
