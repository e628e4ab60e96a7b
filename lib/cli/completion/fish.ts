/** Completion by fish. */
import {
  type Completed,
  type CompletedCommand,
  type CompletedOption,
  firstWords,
  groupsOf,
} from './model.js';

export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of utimer for fish; made by \`utimer completion fish\`.
function __utimer_command
    set -l words (commandline -opc)
    set -l last (math (count $argv) + 1)
    test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
end
function __utimer_group
    test (count (commandline -opc)) -eq 2; and __utimer_command $argv
end
function __utimer_no_command
    test (count (commandline -opc)) -eq 1
end
function __utimer_timers
    utimer list 2>/dev/null | tail -n +2 | string replace -r ' .*' ''
end
function __utimer_user_timers
    __utimer_timers | string match -- '-1.4.*'
end
function __utimer_cards
    for cable in /proc/asound/card*/cable#0
        string replace -r '.*/card(\\d+)/.*' '$1' $cable
    end
end
function __utimer_program
    set -l words (commandline -opc)
    set -l end (contains -i -- -- $words); or return
    complete -C (string join ' ' -- (string escape -- $words[(math $end + 1)..-1]) (commandline -ct))
end
complete -c utimer -f
complete -c utimer -n __utimer_no_command -s h -l help -d ${quote('show help')}
complete -c utimer -n __utimer_no_command -s V -l version -d ${quote('show the version of alsa-utimer')}
${firstWords(commands)
  .map(({ word, summary }) => `complete -c utimer -n __utimer_no_command -a ${word} -d ${quote(summary)}`)
  .join('\n')}
${groupsOf(commands).flatMap(groupLines).join('\n')}
${commands.flatMap(commandLines).join('\n')}`;
}

function groupLines([group, members]: ReturnType<typeof groupsOf>[number]): string[] {
  const when = `complete -c utimer -n ${quote(`__utimer_group ${group}`)}`;
  return [
    `${when} -s h -l help -d ${quote('show help')}`,
    ...members.map(({ word, summary }) => `${when} -a ${word} -d ${quote(summary)}`),
  ];
}

function commandLines(command: CompletedCommand): string[] {
  const { name, options, arguments: parameters, takesProgram } = command;
  const when = `complete -c utimer -n ${quote(`__utimer_command ${name}`)}`;
  return [
    ...options.map((option) => `${when} ${optionFlags(option)}`),
    ...parameters.map((value) => `${when} ${valueFlags(value)}`),
    ...(takesProgram ? [`${when} -a '(__utimer_program)'`] : []),
  ];
}

function optionFlags({ name, short, help, value }: CompletedOption): string {
  const flags = `${short === undefined ? '' : `-s ${short} `}-l ${name} -d ${quote(help)}`;
  if (value === undefined) return flags;
  return value.from === 'file' ? `${flags} -r -F` : `${flags} -x ${valueFlags(value)}`.trim();
}

const SOURCES = {
  card: '(__utimer_cards)',
  interface: '(__fish_print_interfaces)',
  timer: '(__utimer_timers)',
  'user-timer': '(__utimer_user_timers)',
} as const;

function valueFlags({ from, meanings }: Completed): string {
  if (from === undefined) return '';
  if (from === 'file') return '-F';
  if (typeof from === 'string') return `-a ${quote(SOURCES[from])}`;
  // Without a meaning of its own a word is shown with that of its option.
  const described = (word: string) =>
    meanings[word] === undefined ? word : `${word}\\t${quote(meanings[word])}`;
  return `-a ${quote(from.map(described).join(' '))}`;
}

/** A word of fish, where a backslash in quotes means something before a quote and a backslash. */
function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
