// The guest by itself, with a host that is none of the package's programs.
import { expect, it } from 'vitest';
import { bootsAndRunsACommand } from '../support/guest-by-itself.js';

it('The guest boots and runs a command without any program of the package', () =>
  expect(bootsAndRunsACommand('x64', '/')).resolves.toBeUndefined());
