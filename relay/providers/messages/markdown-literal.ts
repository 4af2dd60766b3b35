/**
 * Texts of others in the Markdown of GitHub, GitLab, Gitea and Zulip. All four leave what is in code
 * alone: no markup, no mention, no reference, no command. Backslashes would not do, since mentions
 * are looked for in what is rendered, and Zulip knows none. So text that means nothing in any of
 * them stays as it is, and all other becomes code:
 * https://github.github.com/gfm/ https://docs.gitlab.com/user/markdown/
 * https://docs.gitlab.com/user/project/quick_actions/ https://zulip.com/help/format-your-message-using-markdown
 */

/** Marks that have a meaning anywhere in a text, after web addresses were removed. */
const INLINE_MARKS: readonly RegExp[] = [
  /[`*\\\t]| {2}/,
  /(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/,
  /~~|(?<!\w)~\w|~[^~\n]*~/,
  /<[A-Za-z/!?@#]/,
  /&#?\w+;|(?<!\w)&\d/,
  /(?<![A-Za-z0-9_])@[\w*]/,
  /#[\w*]|\bGH-\d/,
  /[!%^]\d|(?<!\w)%\w|!\w+\(/,
  /\$\d|\$[^$\n]*\$/,
  /\]\(|\]\[|\[\[|\[\^/,
  /:[a-z_+-][\w+-]*:/i,
]

/**
 * Marks that have a meaning at the start of a line: headings, quotes, lists, commands, tables,
 * rules.
 */
const LINE_MARKS: readonly RegExp[] = [
  /^[ \t]/m,
  /^(?:#|>|[-+] |\d+[.)] |\/[a-z]|:::)/im,
  /^\[[^\]\n]*\]:/m,
  /^[-=_:| ]+$/m,
]

/** An address that all four services link as it is. */
const WEB_ADDRESS = /https?:\/\/[\w.-]+(?::\d+)?(?:\/[\w./?=&%+#:~-]*)?/g

function isPlain(text: string): boolean {
  const rest = text.replace(WEB_ADDRESS, 'x')
  return ![...INLINE_MARKS, ...LINE_MARKS].some((mark) => mark.test(rest))
}

/** A text of several lines. `lineEnd` separates them. */
export function literalBlock(text: string, lineEnd: string): string {
  const lines = text.replace(/\r\n?/g, '\n')
  if (isPlain(lines)) return lines.replaceAll('\n', lineEnd)
  const fence = '`'.repeat(Math.max(3, longestBackticks(lines) + 1))
  return `${fence}text\n${lines}\n${fence}`
}

/** A text within a line. Line ends become blanks. */
export function literalSpan(text: string): string {
  const line = oneLine(text)
  return isPlain(line) ? line : codeSpan(line)
}

/** Code within a line, with any backticks in it: https://spec.commonmark.org/0.31.2/#code-spans */
export function codeSpan(text: string): string {
  const line = oneLine(text)
  const ticks = '`'.repeat(longestBackticks(line) + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${ticks}${pad}${line}${pad}${ticks}`
}

function oneLine(text: string): string {
  return text.split(/[\r\n]+/).join(' ')
}

function longestBackticks(text: string): number {
  const runs = text.match(/`+/g) ?? []
  return runs.reduce((longest, run) => Math.max(longest, run.length), 0)
}
