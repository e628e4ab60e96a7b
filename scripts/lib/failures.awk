# What a step's log says of its failure: of vitest's the failed tests, with their errors; of any other the last lines. Beside one
# another in a log, guests begin their lines with "1| " or "2| ".
{
  guest = match($0, /^[0-9]\| /) ? substr($0, 1, RLENGTH) : ""
  if ($0 ~ /(Failed (Tests|Suites)|Unhandled Errors)/) failed[guest] = 1
  if (failed[guest] && told < MOST) failures[told++] = $0
  last[NR % LAST] = $0
}
END {
  for (i = 0; i < told; i++) print failures[i]
  if (told == MOST) print "(and more)"
  if (!told) for (i = NR < LAST ? 1 : NR - LAST + 1; i <= NR; i++) print last[i % LAST]
}
