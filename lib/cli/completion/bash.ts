/** Completion by bash, without the package bash-completion. */
import { shellQuote } from '../../shell-line.js';
import { type Completed, type CompletedCommand, firstWords, groupsOf } from './model.js';

export function bashScript(commands: readonly CompletedCommand[]): string {
  const groups = groupsOf(commands);
  return `# Completion of utimer for bash; made by \`utimer completion bash\`.
_utimer() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]}
  local option='' prefix='' from='' first=2 word given
  local -a words=()
  COMPREPLY=()
  # bash makes a word of the '=' in --option=value, unless COMP_WORDBREAKS was changed.
  case $cur in
    =) option=$prev cur='' ;;
    --*=*) option=\${cur%%=*} prefix=\${cur%%=*}= cur=\${cur#*=} ;;
    *) if [[ $prev == = ]]; then option=\${COMP_WORDS[COMP_CWORD - 2]}; else option=$prev; fi ;;
  esac
  # Where the options of a command begin: some have names of two words.
  case $command in
    ${groups.map(([group]) => group).join(' | ')}) ((COMP_CWORD == 2)) || { command+=" \${COMP_WORDS[2]}" && first=3; } ;;
  esac
  for ((given = first; given < COMP_CWORD; given++)); do
    [[ \${COMP_WORDS[given]} != -- ]] || break
  done
  if ((COMP_CWORD == 1)); then
    words=(${words([...firstWords(commands).map(({ word }) => word), '--help', '--version'])})
  elif [[ ${programCommands(commands)} == *" $command "* ]] && ((given < COMP_CWORD)); then
    # A command line of another program.
    if ((given + 1 == COMP_CWORD)); then from=program; else from=file; fi
  else
    case $command,$option in
${valueCases(commands).join('\n')}
      *)
        case $command in
${[...groups.map(groupCase), ...commands.map(argumentCase)].join('\n')}
        esac
        for given in "\${COMP_WORDS[@]:first:COMP_CWORD - first}"; do
          for word in "\${!words[@]}"; do [[ \${words[word]} != "$given" ]] || unset "words[word]"; done
        done
        ;;
    esac
  fi
  case $from in
    file)
      compopt -o filenames
      while read -r word; do COMPREPLY+=("$prefix$word"); done < <(compgen -f -- "$cur")
      ;;
    program)
      while read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "$cur" | sort -u)
      ;;
    card)
      # Where no card matches, the pattern itself comes.
      for word in /proc/asound/card*/cable#0; do
        [[ ! -e $word ]] || { word=\${word%/*} && words+=("\${word##*/card}"); }
      done
      ;;
    interface) for word in /sys/class/net/*; do words+=("\${word##*/}"); done ;;
    timer | user-timer)
      while read -r word given; do
        [[ $from == timer || $word == -1.4.* ]] && words+=("$word")
      done < <("$1" list 2>/dev/null | tail -n +2)
      ;;
  esac
  for word in "\${words[@]}"; do
    [[ $word != "$cur"* ]] || COMPREPLY+=("$(printf %q "$prefix$word")")
  done
}
complete -F _utimer utimer`;
}

const programCommands = (commands: readonly CompletedCommand[]) =>
  shellQuote(` ${commands.flatMap(({ name, takesProgram }) => (takesProgram ? [name] : [])).join(' ')} `);

const words = (known: readonly string[]) => known.map(shellQuote).join(' ');

/** What may stand behind which options: each value once. */
function valueCases(commands: readonly CompletedCommand[]): string[] {
  const patterns = new Map<string, string[]>();
  for (const { name, options } of commands) {
    for (const { name: option, value } of options) {
      if (value === undefined) continue;
      const known = patterns.get(assignment(value)) ?? [];
      patterns.set(assignment(value), [...known, shellQuote(`${name},--${option}`)]);
    }
  }
  return [...patterns].map(([then, names]) => `      ${names.join(' | ')}) ${then} ;;`);
}

function assignment({ from }: Completed): string {
  if (from === undefined) return 'return';
  return typeof from === 'string' ? `from=${from}` : `words=(${words(from)})`;
}

const groupCase = ([group, members]: ReturnType<typeof groupsOf>[number]) =>
  `          ${group}) words=(${words([...members.map(({ word }) => word), '--help', '--version'])}) ;;`;

/** What stands where no value does: options, and the argument where there is one. */
function argumentCase({ name, options, arguments: [argument] }: CompletedCommand): string {
  const all = `words=(${words(options.map(({ name: option }) => `--${option}`))})`;
  const needsMore = argument?.from === undefined;
  const lines = needsMore
    ? [all]
    : argument.from === 'timer'
      ? [`[[ $cur != -* ]] || ${all}`, '[[ $cur == --* ]] || from=timer']
      : [`if [[ $cur == -* ]]; then ${all}; else ${assignment(argument)}; fi`];
  return [
    `          ${shellQuote(name)})`,
    ...lines.map((line) => `            ${line}`),
    '            ;;',
  ].join('\n');
}
