// What scripts/release/portable knows of binaries, with types.
// @ts-expect-error TS7016: a script without types
import * as elf from '../../scripts/release/portable/elf.mjs';
// @ts-expect-error TS7016: a script without types
import * as symbols from '../../scripts/release/portable/symbols.mjs';

export interface DynamicSymbol {
  readonly name: string;
  readonly version: string | undefined;
  readonly isDefault: boolean;
  readonly isDefined: boolean;
  readonly isWeak: boolean;
  readonly address: string;
}

export const dynamicSymbols: (path: string) => DynamicSymbol[] = elf.dynamicSymbols;
export const processorOf: (path: string) => string | undefined = elf.processorOf;
export const ALLOWED: ReadonlyMap<string, string | undefined> = symbols.ALLOWED;
