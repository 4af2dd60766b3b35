import type { Random } from '../random.ts'

const ODD_CHARACTERS = [...'()[]{}.,:+-*/%!=<>&|\'"ab1u$#@\\ ']

/** One character of the expression is another, is gone, or is new. */
export function mutate(random: Random, text: string): string {
  const at = random.int(text.length)
  const head = text.slice(0, at)
  const inserted = random.chance(0.6) ? random.pick(ODD_CHARACTERS) : ''
  return (head + inserted + text.slice(random.chance(0.5) ? at : at + 1)).toWellFormed()
}
