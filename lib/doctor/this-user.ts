/** Who runs this. Containers give processes numbers that no account has, and then no home folder either. */
import { homedir, userInfo } from 'node:os';

export interface User {
  /** The number, where it has no name. */
  readonly name: string;
  readonly uid: number;
  /** '' where there is none. */
  readonly home: string;
}

export function thisUser(): User {
  const uid = process.geteuid?.() ?? -1;
  const known = (ask: () => string, otherwise: string) => {
    try {
      return ask();
    } catch {
      return otherwise;
    }
  };
  return { name: known(() => userInfo().username, `${uid}`), uid, home: known(homedir, '') };
}
