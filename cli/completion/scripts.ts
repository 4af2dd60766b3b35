import type { CommandNode, CompletedOption } from './command-tree.ts'

const PROGRAM = 'flux-relay'

/** A text in single quotes, as every one of the shells reads it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", '’')}'`
}

/**
 * Completes words of commands, options and the values of options in bash, and files where none are known.
 * https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
 */
export function bashScript(tree: readonly CommandNode[]): string {
  const cases = tree.map(({ path, words, options }) => {
    const all = [...words.map(({ text }) => text), ...options.flatMap(({ flags }) => flags)]
    return `    ${quote(path)}) words=${quote(all.join(' '))} ;;`
  })
  const values = valueCases(
    tree,
    (patterns, choices) => `    ${patterns}) values=${quote(choices)} ;;`,
  )
  return `# bash completion of ${PROGRAM}
_flux_relay() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' word words='' values='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "\${path:+$path }$word" in
      ${tree
        .filter(({ path }) => path !== '')
        .map(({ path }) => quote(path))
        .join(' | ')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path $previous" in
${values.join('\n')}
  esac
  if [[ -n $values ]]; then
    [[ $values == ' ' ]] || COMPREPLY=($(compgen -W "$values" -- "$current"))
    return
  fi
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _flux_relay ${PROGRAM}
`
}

/** The options that take a value; of one whose values are not known they are a blank. */
function valueCases(
  tree: readonly CommandNode[],
  line: (patterns: string, choices: string) => string,
): readonly string[] {
  return tree.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ flags, values }) =>
        line(flags.map((flag) => quote(`${path} ${flag}`)).join(' | '), values.join(' ') || ' '),
      ),
  )
}

/**
 * Completes the same in zsh, with what each word is.
 * https://zsh.sourceforge.io/Doc/Release/Completion-System.html
 */
export function zshScript(tree: readonly CommandNode[]): string {
  const cases = tree.map(({ path, words, options }) => {
    const all = [
      ...words.map(({ text, description }) => described(text, description)),
      ...options.flatMap(({ flags, description }) =>
        flags.map((flag) => described(flag, description)),
      ),
    ]
    return `    ${quote(path)}) found=(${all.join(' ')}) ;;`
  })
  const paths = tree.filter(({ path }) => path !== '').map(({ path }) => quote(path))
  const values = valueCases(
    tree,
    (patterns, choices) => `    ${patterns}) values=${quote(choices)} ;;`,
  )
  return `#compdef ${PROGRAM}
# zsh completion of ${PROGRAM}
_flux_relay() {
  local place='' word values='' index
  local -a found
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    case "\${place:+$place }$word" in
      (${paths.join(' | ')}) place="\${place:+$place }$word" ;;
    esac
  done
  case "$place \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  if [[ -n $values ]]; then
    if [[ $values == ' ' ]]; then _files; else compadd -- \${=values}; fi
    return
  fi
  case "$place" in
${cases.join('\n')}
  esac
  _describe '${PROGRAM}' found
}
if [[ "$funcstack[1]" == _flux-relay ]]; then _flux_relay "$@"; else compdef _flux_relay ${PROGRAM}; fi
`
}

/** In a list of zsh a colon ends the word. */
function described(text: string, description: string): string {
  return quote(`${text.replaceAll(':', '\\:')}:${description.replaceAll(':', ' ')}`)
}

/**
 * Completes the same in fish.
 * https://fishshell.com/docs/current/completions.html
 */
export function fishScript(tree: readonly CommandNode[]): string {
  const nested = new Set(tree.map(({ path }) => path))
  const lines = tree.flatMap(({ path, words, options }) => {
    const condition = `-n ${quote(`__flux_relay_at ${path}`.trim())}`
    const start = `complete -c ${PROGRAM} ${condition}`
    return [
      ...words.map((word) => `${start} -f -a ${quote(word.text)} -d ${quote(word.description)}`),
      ...options.map((option) => `${start} ${fishOption(option)}`),
    ]
  })
  const paths = [...nested].filter((path) => path !== '').map(quote)
  return `# fish completion of ${PROGRAM}
function __flux_relay_at
  set -l path
  for word in (commandline -opc)[2..]
    if contains -- (string join ' ' $path $word) ${paths.join(' ')}
      set -a path $word
    end
  end
  test "$path" = "$argv"
end
${lines.join('\n')}
`
}

function fishOption({ flags, description, takesValue, values }: CompletedOption): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  )
  const value = takesValue ? (values.length > 0 ? `-x -a ${quote(values.join(' '))}` : '-r') : ''
  return [...names, value, `-d ${quote(description)}`].filter((part) => part !== '').join(' ')
}
