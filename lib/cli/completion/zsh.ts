/** Completion by zsh: as an autoloaded function, or by `source`. */
import { shellQuote } from '../../shell-line.js';
import {
  type Completed,
  type CompletedCommand,
  type CompletedOption,
  type CompletedWord,
  firstWords,
  groupsOf,
} from './model.js';

export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef utimer
# Completion of utimer for zsh; made by \`utimer completion zsh\`.
${wordFunction('_utimer_commands', firstWords(commands))}
${groupsOf(commands)
  .map(([group, members]) => wordFunction(`_utimer_${group}_commands`, members))
  .join('\n')}
_utimer_timers() {
  local -a timers=(\${\${\${(f)"$(_call_program timers utimer list 2>/dev/null)"}[2,-1]}%% *})
  local expl
  _wanted timers expl timer compadd -a -- timers
}
_utimer_user_timers() {
  local -a timers=(\${(M)\${(f)"$(_call_program timers utimer list 2>/dev/null)"}:#-1.4.*})
  timers=(\${timers%% *})
  local expl
  _wanted timers expl 'userspace-driven timer' compadd -a -- timers
}
_utimer_cards() {
  local -a cards=(/proc/asound/card*/cable\\#0(N:h:t))
  cards=(\${cards#card})
  local expl
  _wanted cards expl card compadd -a -- cards
}
# A command line of another program, behind --.
_utimer_program() {
  local end=\${words[(ie)--]}
  ((end < CURRENT)) || return 1
  shift $end words
  ((CURRENT -= end))
  _normal
  return 0
}
_utimer() {
  local curcontext=$curcontext state state_descr line ret=1
  local -A opt_args
  _arguments -C \\
    '(- *)'{-h,--help}'[show help]' \\
    '(- *)'{-V,--version}'[show the version of alsa-utimer]' \\
    '1:command:_utimer_commands' \\
    '*::argument:->arguments' && ret=0
  [[ $state == arguments ]] || return ret
  curcontext=\${curcontext%:*}-$words[1]:
  case $words[1] in
${groupsOf(commands).map(groupCase).join('\n')}
  esac
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
  return ret
}
if [[ $funcstack[1] == _utimer ]]; then _utimer "$@"; else compdef _utimer utimer; fi`;
}

/** A function that offers the names of commands. */
function wordFunction(name: string, members: readonly CompletedWord[]): string {
  const lines = members.map(({ word, summary }) => `    ${shellQuote(`${word}:${summary}`)}`);
  return `${name}() {\n  local -a commands=(\n${lines.join('\n')}\n  )\n  _describe -t commands command commands\n}`;
}

/** The name of a command of two words becomes one word. */
function groupCase([group]: ReturnType<typeof groupsOf>[number]): string {
  return `    ${group})
      if ((CURRENT == 2)); then
        _arguments '(- *)'{-h,--help}'[show help]' '1:command:_utimer_${group}_commands' && ret=0
        return ret
      fi
      shift words
      ((CURRENT--))
      words[1]="${group} $words[1]"
      ;;`;
}

function commandCase({ name, options, arguments: parameters, takesProgram }: CompletedCommand): string {
  const specs = [
    ...options.map(optionSpec),
    ...parameters.map((value, index) => shellQuote(`${index + 1}${valueSpec(value)}`)),
  ];
  const program = takesProgram ? '_utimer_program && return 0\n      ' : '';
  return `    ${shellQuote(name)})\n      ${program}_arguments \\\n${specs.map((spec) => `        ${spec}`).join(' \\\n')} && ret=0\n      ;;`;
}

function optionSpec({ name, short, help, value }: CompletedOption): string {
  const said = `[${help.replaceAll(/[\\[\]]/g, '\\$&')}]`;
  if (short !== undefined) return `'(- *)'{-${short},--${name}}${shellQuote(said)}`;
  return shellQuote(value === undefined ? `--${name}${said}` : `--${name}=${said}${valueSpec(value)}`);
}

const ACTIONS = {
  file: '_files',
  card: '_utimer_cards',
  interface: '_net_interfaces',
  timer: '_utimer_timers',
  'user-timer': '_utimer_user_timers',
} as const;

function valueSpec({ placeholder, from }: Completed): string {
  const listed = (known: readonly string[]) => `(${known.join(' ').replaceAll(':', '\\:')})`;
  const action = from === undefined ? ' ' : typeof from === 'string' ? ACTIONS[from] : listed(from);
  return `:${placeholder.replaceAll(':', '\\:')}:${action}`;
}
