/** Milliseconds: longer than anything takes in a guest on a machine that is busy with others, and shorter than a test may. */
export const PATIENCE_MS = 240_000;
